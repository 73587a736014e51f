import type { Event, Incident } from '@proxmox-mcp/schemas';
import type { Entry } from '../reduce/entry.ts';
import { createSettings } from '../rules/settings.ts';
import type { Surroundings } from '../rules/read-fact.ts';
import { createSampler } from '../rules/sampler.ts';
import type { Picture, Rule } from '../rules/rule.ts';
import { createUsageStore } from '../history/usage.ts';
import { RulesYaml } from '../rules/index.ts';
import { createPast } from '../rules/past.ts';
import { createUsageLog } from '../rules/usage-log.ts';
import { openTestIngest } from './open-ingest.ts';

const NIGHT = Date.parse('2026-03-14T01:00:00Z');

/** A rule with a real history behind it: what it says becomes incidents as in the product. */
export interface TriedRule {
  /** What a poll shows at a minute of the night; what is not given again stays in the picture as it was. */
  see(minute: number, ...entries: readonly EntryGiven[]): void;
  /** What is reported, as `sampleEvent` makes it; received when it happened. */
  hear(...events: readonly Event[]): void;
  /** Lets time pass until a second of the night: what has lasted is told, what nothing more was heard of is over. */
  wait(second: number): void;
  /** The same every five minutes, from one minute to another. */
  watch(from: number, to: number, ...entries: readonly EntryGiven[]): void;
  /** Removes entries from the picture, as a whole list without them does. */
  lose(...entries: readonly EntryGiven[]): void;
  /** All incidents so far, oldest first. */
  incidents(): readonly Incident[];
  /** Words of the transitions told: `opened`, `updated`, `resolved`. */
  transitions(): string[];
  /** The service starts anew, with the history it has. */
  restart(): void;
  close(): void;
}

/** An entry without what the helper fills: source, product, cluster, times. */
export type EntryGiven = { [K in Entry['kind']]: Given<Extract<Entry, { kind: K }>> }[Entry['kind']];
type Filled = 'source' | 'product' | 'cluster' | 'observedAt' | 'since';
type Given<E> = Omit<E, Filled> & Partial<Pick<E, Filled & keyof E>>;

/** What is around the rule. */
export interface Around {
  readonly surroundings?: Surroundings;
  /** Rules that are asked besides. */
  readonly besides?: readonly Rule[];
}

/** Opens a rule for trying. @param yaml what stands in config/rules.yaml. */
export function tryRule(rule: Rule, yaml: unknown = {}, around: Around = {}): TriedRule {
  let now = NIGHT;
  const { surroundings = {}, besides = [] } = around;
  const t = openTestIngest({ now: () => now, rules: yaml, onlyRules: [rule, ...besides], surroundings });
  const entries = new Map<string, Entry>();
  const picture: Picture = {
    *of(kind, cluster) {
      for (const entry of entries.values())
        // The kind was just compared.
        if (entry.kind === kind && (cluster === undefined || entry.cluster === cluster)) yield entry as never;
    },
  };
  const settings = createSettings(RulesYaml.parse(yaml));
  const start = () => {
    const usageLog = createUsageLog(createUsageStore(t.history.db), picture, () => now);
    const past = createPast(t.facts, usageLog, () => now);
    return { usageLog, sampler: createSampler({ rules: [rule], settings, picture, past }) };
  };
  let { usageLog, sampler } = start();
  const fill = (one: EntryGiven): Entry => {
    const at = new Date(now).toISOString();
    const filled: Pick<Entry, Filled> = {
      source: 'atlas',
      product: 'pve',
      cluster: 'atlas',
      observedAt: at,
      since: at,
    };
    return Object.assign(filled, one);
  };
  return {
    see(minute, ...given) {
      now = NIGHT + minute * 60_000;
      for (const one of given) {
        const entry = fill(one);
        entries.set(keyOf(entry), entry);
      }
      if (usageLog.isDue()) t.run(() => usageLog.note());
      const { troubles, recoveries } = sampler.look(now);
      t.run(() => {
        for (const trouble of troubles) t.follower.trouble(trouble);
        for (const recovery of recoveries) t.follower.recovery(recovery);
      });
    },
    hear(...events) {
      for (const event of events) {
        now = Math.max(now, Date.parse(event.receivedAt));
        t.feed(event);
      }
    },
    wait(second) {
      now = NIGHT + second * 1_000;
      t.run(() => t.follower.tick());
    },
    watch(from, to, ...given) {
      for (let minute = from; minute <= to; minute += 5) this.see(minute, ...given);
    },
    lose(...given) {
      for (const one of given) entries.delete(keyOf(fill(one)));
    },
    incidents: () => t.allIncidents(),
    transitions: () => t.transitions(),
    restart() {
      ({ usageLog, sampler } = start());
    },
    close: () => t.close(),
  };
}

function keyOf(entry: Entry): string {
  const { kind, cluster } = entry;
  const own =
    entry.kind === 'guest'
      ? entry.vmid
      : entry.kind === 'storage'
        ? `${entry.node}/${entry.storage}`
        : entry.kind === 'datastore'
          ? entry.datastore
          : entry.kind === 'job'
            ? entry.jobId
            : entry.node;
  return `${kind}/${cluster}/${own}`;
}
