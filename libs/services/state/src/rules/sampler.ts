import type { Why } from '@proxmox-mcp/schemas';
import type { Recovery, Trouble } from '../incidents/trouble.ts';
import type { Entry } from '../reduce/entry.ts';
import { objectOfEntry } from './object-of.ts';
import type { EntryKind, Level, Picture, Reading, Rule, StateRule } from './rule.ts';
import type { RuleSettings, SettingsOf } from './settings.ts';

/** What became true, or is over, by now. */
export interface Sampled {
  readonly troubles: readonly Trouble[];
  readonly recoveries: readonly Recovery[];
}

/** Asks the rules about the live picture and waits until what they say has lasted. */
export interface Sampler {
  /** Looks at some entries, or at all of the picture. `now` in milliseconds since the epoch. */
  look(now: number, entries?: Iterable<Entry>): Sampled;
}

export interface SamplerParts {
  readonly rules: readonly Rule[];
  readonly settings: SettingsOf;
  readonly picture: Picture;
}

/** Polls tell everything every five minutes: what is older was not seen, and unseen is neither good nor bad. */
export const FRESH_MS = 12 * 60_000;

/** What is known of one rule at one object. */
interface Track {
  /** What was told last; `undefined` before anything was. */
  told: Level | undefined;
  /** What it has been saying since, when that differs from what was told. */
  saying: Level | undefined;
  since: number;
}

const KINDS: readonly EntryKind[] = ['node', 'guest', 'storage', 'datastore', 'job'];
const RANK: Readonly<Record<Level, number>> = { ok: 0, warn: 1, crit: 2 };

/** Makes the sampler of one live picture. What it remembers lasts as long as it: after a start everything is watched anew. */
export function createSampler({ rules, settings, picture }: SamplerParts): Sampler {
  const tracks = new Map<string, Track>();
  const byKind = new Map(KINDS.map((kind) => [kind, rulesOf(rules, kind)]));

  function judge(rule: StateRule, entry: Entry, now: number): { trouble?: Trouble; recovery?: Recovery } {
    const found = objectOfEntry(entry);
    const key = `${rule.name}|${entry.cluster}|${found.object}`;
    const chosen = settings(rule, { ...found.entity, ...found, product: entry.product });
    const isFresh = now - Date.parse(entry.observedAt) <= FRESH_MS;
    // Only the kind that the rule names comes here.
    const reading =
      chosen.enabled && isFresh ? rule.read(entry, { picture, now, settings: chosen }) : undefined;
    const track = tracks.get(key) ?? { told: undefined, saying: undefined, since: now };
    if (reading === undefined) {
      // What was not seen all the time has not lasted.
      track.saying = undefined;
      return {};
    }
    const level = levelOf(rule, reading, chosen, track.told ?? 'ok');
    if (level === track.told) {
      track.saying = undefined;
      return {};
    }
    if (track.saying !== level) {
      track.saying = level;
      track.since = now;
    }
    tracks.set(key, track);
    const wait = level === 'ok' ? chosen.clearFor : chosen.for;
    if (now - track.since < wait * 1_000) return {};
    const before = track.told;
    track.told = level;
    track.saying = undefined;
    if (level === 'ok') return { recovery: recoveryOf(rule, entry, found.object, now) };
    if (before !== undefined && RANK[level] < RANK[before]) return {};
    return { trouble: troubleOf(rule, entry, { reading, level, settings: chosen, since: track.since }) };
  }

  return {
    look(now, entries) {
      const troubles: Trouble[] = [];
      const recoveries: Recovery[] = [];
      const seen = entries ?? KINDS.flatMap((kind) => [...picture.of(kind)]);
      for (const entry of seen)
        for (const rule of byKind.get(entry.kind) ?? []) {
          const { trouble, recovery } = judge(rule, entry, now);
          if (trouble) troubles.push(trouble);
          if (recovery) recoveries.push(recovery);
        }
      if (entries === undefined) forgetGone();
      return { troubles, recoveries };
    },
  };

  function forgetGone(): void {
    const alive = new Set<string>();
    for (const kind of KINDS)
      for (const entry of picture.of(kind)) alive.add(`${entry.cluster}|${objectOfEntry(entry).object}`);
    for (const key of tracks.keys()) if (!alive.has(key.slice(key.indexOf('|') + 1))) tracks.delete(key);
  }
}

function rulesOf(rules: readonly Rule[], kind: EntryKind): StateRule[] {
  // Each is asked only about entries of the kind it names.
  return rules.filter((rule) => rule.reads === 'state' && rule.entry === kind) as StateRule[];
}

/** A level is left only past `clear`, so that a value around the threshold is one problem and not many. */
function levelOf(rule: StateRule, reading: Reading, settings: RuleSettings, told: Level): Level {
  if (reading.level !== undefined) return reading.level;
  if (typeof reading.value !== 'number') return 'ok';
  const { warn, crit, clear } = settings;
  const sign = rule.worse === 'below' ? -1 : 1;
  const reached = (threshold: number | undefined) =>
    threshold !== undefined && sign * Number(reading.value) >= sign * threshold;
  if (reached(crit)) return 'crit';
  if (reached(warn)) return 'warn';
  const isStillHigh = told !== 'ok' && clear !== undefined && sign * reading.value > sign * clear;
  return isStillHigh ? (told === 'crit' && warn === undefined ? 'crit' : 'warn') : 'ok';
}

function troubleOf(
  rule: StateRule,
  entry: Entry,
  {
    reading,
    level,
    settings,
    since,
  }: { reading: Reading; level: 'warn' | 'crit'; settings: RuleSettings; since: number },
): Trouble {
  const { object, entity, tags, pool } = objectOfEntry(entry);
  const severities = rule.severities ?? { warn: 'warning', crit: 'critical' };
  const threshold = level === 'crit' ? settings.crit : settings.warn;
  const why: Why = {
    rule: rule.name,
    ...(reading.value === undefined ? {} : { value: reading.value }),
    ...(threshold === undefined || reading.level !== undefined ? {} : { threshold }),
    ...(rule.unit === undefined ? {} : { unit: rule.unit }),
    forSeconds: settings.for,
    ...(reading.source === undefined ? {} : { source: reading.source }),
  };
  return {
    condition: rule.condition,
    anchor: object,
    object,
    severity: severities[level],
    product: entry.product,
    ...entity,
    // Only the kind that the rule names comes here.
    ...rule.tell(entry, reading, level),
    at: new Date(since).toISOString(),
    why,
    ...(tags === undefined ? {} : { tags }),
    ...(pool === undefined ? {} : { pool }),
  };
}

function recoveryOf(rule: StateRule, entry: Entry, object: string, now: number): Recovery {
  return {
    condition: rule.condition,
    anchor: object,
    cluster: entry.cluster,
    title: rule.over(entry),
    at: new Date(now).toISOString(),
  };
}
