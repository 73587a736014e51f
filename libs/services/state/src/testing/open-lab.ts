import { WrongRevision, type KeyValue } from '@proxmox-mcp/bus';
import type { Event, Incident, IncidentCommand, ObservedRow } from '@proxmox-mcp/schemas';
import { createIngest } from '../engine/ingest-event.ts';
import { NO_TOPOLOGY, type Topology } from '../facts/topology.ts';
import { createEventStore } from '../history/events.ts';
import { createFactStore } from '../history/facts.ts';
import { createHeldTroubles } from '../history/held-troubles.ts';
import { createIncidentStore } from '../history/incidents.ts';
import { openMemory } from '../history/open-history.ts';
import { createOutbox } from '../history/outbox.ts';
import { createPlaceStore } from '../history/places.ts';
import { createExplainers } from '../incidents/explain/index.ts';
import { createFollower } from '../incidents/follower.ts';
import { isSilent, storageLabels } from '../reduce/labels.ts';
import { createLiveState, type Seen } from '../reduce/live-state.ts';
import { RULES, RulesYaml } from '../rules/index.ts';
import { createPast } from '../rules/past.ts';
import { createFactReader } from '../rules/read-fact.ts';
import { createSampler, type Sampled } from '../rules/sampler.ts';
import { createUsageLog } from '../rules/usage-log.ts';
import { createUsageStore } from '../history/usage.ts';
import { createSettings } from '../rules/settings.ts';

const NIGHT = Date.parse('2026-03-14T01:00:00Z');

/** A cluster that is polled and heard of, on a clock that only `pass` moves: everything from poll and report to incident is real. */
export interface Lab {
  /** Seconds of the night so far. */
  second(): number;
  /** The polls see these rows from now on; each kind and name replaces its row. */
  put(...rows: readonly ObservedRow[]): void;
  /** The next whole list lacks it. */
  remove(kind: ObservedRow['kind'], name: string | number): void;
  /** Whether polls get an answer. */
  reach(isReached: boolean): void;
  /** Lets time pass: polls, rules and waits, every ten seconds. */
  pass(seconds: number): Promise<void>;
  /** What is reported now. */
  hear(...events: readonly Event[]): Promise<void>;
  command(command: Omit<IncidentCommand, 'by'>): unknown;
  /** The service starts anew on the history and the picture it has. */
  restart(): Promise<void>;
  /** All incidents so far, oldest first. */
  incidents(): Incident[];
  /** Transitions told so far, oldest first. */
  told(): { readonly word: string; readonly incident: Incident }[];
  close(): void;
}

/** What tests choose otherwise. */
export interface LabOptions {
  readonly topology?: Topology;
  /** What stands in config/rules.yaml. */
  readonly rules?: unknown;
}

/** Opens it: nothing is there yet. */
export async function openLab({ topology = NO_TOPOLOGY, rules = {} }: LabOptions = {}): Promise<Lab> {
  let now = NIGHT;
  const history = openMemory();
  const { db } = history;
  const values = memoryValues();
  const rows = new Map<string, ObservedRow>();
  let isReached = true;
  let seq = 0;
  let part = await start();

  async function start() {
    const [facts, incidents, outbox] = [createFactStore(db), createIncidentStore(db), createOutbox(db)];
    const live = createLiveState(values);
    await live.load();
    const { picture } = live;
    const guestAt = live.guestAt.bind(live);
    const explainers = createExplainers({
      facts,
      incidents,
      picture,
      guestAt,
      topology: () => topology,
      windowsAt: () => [],
    });
    const follower = createFollower({
      incidents,
      facts,
      held: createHeldTroubles(db),
      outbox,
      explainers,
      picture,
      isSilent: (cluster, node) => isSilent(picture, cluster, node),
      now: () => now,
    });
    const settings = createSettings(RulesYaml.parse(rules));
    const reader = createFactReader(RULES, settings, {
      labelsOf: (cluster, vmid) => live.labelsOf(cluster, vmid),
      storageOf: (cluster, storage, node) => storageLabels(picture, { cluster, storage, node }),
      ended: (type, node, span) => facts.ended(type, node, span),
    });
    const ingest = createIngest({
      events: createEventStore(db),
      facts,
      places: createPlaceStore(db),
      outbox,
      follower,
      now: () => now,
      topology: () => topology,
      reader,
      clusterOf: () => undefined,
      isOutdated: () => false,
    });
    const usageLog = createUsageLog(createUsageStore(db), picture, () => now);
    const past = createPast(facts, usageLog, () => now);
    const sampler = createSampler({ rules: RULES, settings, picture, past });
    return { live, follower, ingest, sampler, outbox, reader };
  }

  function tell({ troubles, recoveries, gone = [] }: Sampled & Partial<Seen>): void {
    const { follower } = part;
    history.transaction(() => {
      for (const trouble of troubles) follower.trouble(trouble);
      for (const recovery of recoveries) follower.recovery(recovery);
      for (const object of gone) follower.gone(object);
    });
  }

  async function poll(): Promise<void> {
    const about = {
      source: 'atlas',
      product: 'pve',
      cluster: 'atlas',
      full: true,
      part: 1,
      parts: 1,
    } as const;
    const seen = await part.live.observe(
      {
        ...about,
        at: new Date(now).toISOString(),
        covers: ['node', 'guest', 'storage'],
        rows: [...rows.values()],
        removed: [],
      },
      ({ troubles, ...what }) => {
        const judged = troubles.flatMap((trouble) => part.reader.judge(trouble) ?? []);
        return Promise.resolve(tell({ ...what, troubles: judged }));
      },
    );
    tell(part.sampler.look(now, seen));
  }

  function tick(): void {
    tell(part.sampler.look(now));
    if (part.follower.isDue()) history.transaction(() => part.follower.tick());
  }

  const nameOf = (row: ObservedRow) =>
    row.kind === 'guest'
      ? row.vmid
      : row.kind === 'storage'
        ? `${row.node}/${row.storage}`
        : row.kind === 'node'
          ? row.node
          : '';

  return {
    second: () => (now - NIGHT) / 1_000,
    put(...given) {
      for (const row of given) rows.set(`${row.kind}/${nameOf(row)}`, row);
    },
    remove: (kind, name) => void rows.delete(`${kind}/${name}`),
    reach: (value) => {
      isReached = value;
    },
    async pass(seconds) {
      for (const end = now + seconds * 1_000; now < end;) {
        now = Math.min(now + 10_000, end);
        if (isReached) await poll();
        tick();
      }
    },
    async hear(...events) {
      for (const event of events) {
        history.transaction(() => {
          part.ingest.store(event, ++seq);
          part.ingest.renew();
        });
        await part.live.applyEvent(event);
      }
      tick();
    },
    command: (command) => history.transaction(() => part.follower.command({ ...command, by: 'anna' })),
    async restart() {
      part = await start();
    },
    incidents: () =>
      db
        .prepare('SELECT body FROM incidents ORDER BY n')
        .all()
        .map(({ body }) => JSON.parse(String(body)) as Incident),
    told: () =>
      part.outbox
        .next(1_000_000)
        .filter(({ kind }) => kind === 'transition')
        .map(({ subject, body }) => ({
          word: subject.slice(subject.lastIndexOf('.') + 1),
          incident: JSON.parse(body) as Incident,
        })),
    close: () => history.close(),
  };
}

/** A key-value without a bus behind it: hundreds of labs are opened by one test. */
function memoryValues(): KeyValue {
  const stored = new Map<string, { value: string; revision: number }>();
  let revision = 0;
  const put = (key: string, value: string) => {
    stored.set(key, { value, revision: ++revision });
    return Promise.resolve(revision);
  };
  const check = (key: string, expected: number | undefined) => {
    if (stored.get(key)?.revision !== expected) throw new WrongRevision(key);
  };
  return {
    get: (key) => {
      const entry = stored.get(key);
      return Promise.resolve(entry && { key, ...entry });
    },
    put,
    create: (key, value) => (check(key, undefined), put(key, value)),
    update: (key, value, expected) => (check(key, expected), put(key, value)),
    delete: (key) => {
      stored.delete(key);
      return Promise.resolve();
    },
    list: (prefix) =>
      Promise.resolve(
        [...stored]
          .filter(([key]) => prefix === undefined || key.startsWith(`${prefix}.`))
          .map(([key, entry]) => ({ key, ...entry })),
      ),
    watch: () => Promise.reject(new Error('nobody watches here')),
  };
}

/** A node as polls see it. */
export function nodeRow(node: string, status: 'online' | 'offline' = 'online'): ObservedRow {
  return { kind: 'node', node, status };
}

/** A guest as polls see it: a running VM on pve1, where nothing else is said. */
export function guestRow(
  vmid: number,
  change: Partial<Extract<ObservedRow, { kind: 'guest' }>> = {},
): ObservedRow {
  return {
    kind: 'guest',
    guestKind: 'qemu',
    vmid,
    node: 'pve1',
    status: 'running',
    template: false,
    ...change,
  };
}
