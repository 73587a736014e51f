import type { Matchable, Why } from '@proxmox-mcp/schemas';
import type { Recovery, Trouble } from '../incidents/trouble.ts';
import type { Entry } from '../reduce/entry.ts';
import { objectOfEntry, type ObjectOfEntry } from './object-of.ts';
import type { Past } from './past.ts';
import type { EntryKind, Level, Picture, Reading, Rule, StateRule } from './rule.ts';
import type { RuleSettings, SettingsOf } from './settings.ts';

/** What became true, or is over, by now. */
export interface Sampled {
  readonly troubles: readonly Trouble[];
  readonly recoveries: readonly Recovery[];
}

/** The same, fresh from a look. */
export interface Looked extends Sampled {
  /** It could not be written down: the next look says it again. */
  undo(): void;
}

/** Asks the rules about the live picture and waits until what they say has lasted. */
export interface Sampler {
  /** Looks at some entries, or at all of the picture. `now` in milliseconds since the epoch. */
  look(now: number, entries?: Iterable<Entry>): Looked;
}

export interface SamplerParts {
  readonly rules: readonly Rule[];
  readonly settings: SettingsOf;
  readonly picture: Picture;
  readonly past: Past;
}

/** Polls tell everything every five minutes: what is older was not seen, and unseen is neither good nor bad. */
export const FRESH_MS = 12 * 60_000;
/** Jobs change rarely, and the setting lets them be looked at every two hours. */
const JOBS_FRESH_MS = 3 * 3_600_000;

/** What is known of one rule at one object. */
interface Track {
  /** What was told last; `undefined` before anything was. */
  told: Level | undefined;
  /** What it has been saying since, when that differs from what was told. */
  saying: Level | undefined;
  since: number;
  /** The trouble told last: it ends with its object. */
  trouble: Trouble | undefined;
}

/** An entry with all that is the same for every rule about it. */
interface Subject extends ObjectOfEntry {
  readonly entry: Entry;
  /** `<cluster>|<object>`. */
  readonly id: string;
  readonly isFresh: boolean;
  readonly matchable: Matchable;
}

const KINDS: readonly EntryKind[] = ['node', 'guest', 'storage', 'datastore', 'job'];
const RANK: Readonly<Record<Level, number>> = { ok: 0, warn: 1, crit: 2 };

/** Makes the sampler of one live picture. What it remembers lasts as long as it: after a start everything is watched anew. */
export function createSampler({ rules, settings, picture, past }: SamplerParts): Sampler {
  /** By object, then by rule. */
  const tracks = new Map<string, Map<string, Track>>();
  const byKind = new Map(KINDS.map((kind) => [kind, rulesOf(rules, kind)]));
  /** Takes back what the look under way has said, part by part. */
  let undoing: (() => void)[] = [];

  function judge(rule: StateRule, subject: Subject, now: number): { trouble?: Trouble; recovery?: Recovery } {
    const { entry } = subject;
    const chosen = settings(rule, subject.matchable);
    const ofObject = tracks.get(subject.id);
    const track = ofObject?.get(rule.name) ?? NEVER;
    const reading =
      chosen.enabled && subject.isFresh
        ? rule.read(entry, { picture, past, now, settings: chosen })
        : undefined;
    const level = reading && levelOf(rule, reading, chosen, track.told);
    if (reading === undefined || level === undefined || level === track.told) {
      // What was not seen all the time has not lasted.
      if (track !== NEVER) track.saying = undefined;
      return {};
    }
    const kept = track === NEVER ? { ...NEVER } : track;
    if (kept.saying !== level) {
      kept.saying = level;
      kept.since = now;
    }
    if (track === NEVER) tracks.set(subject.id, (ofObject ?? new Map<string, Track>()).set(rule.name, kept));
    const wait = level === 'ok' ? chosen.clearFor : chosen.for;
    if (now - kept.since < wait * 1_000) return {};
    const before = kept.told;
    const asItWas = { ...kept };
    undoing.push(() => void Object.assign(kept, asItWas));
    kept.told = level;
    kept.saying = undefined;
    if (level === 'ok') {
      kept.trouble = undefined;
      return { recovery: recoveryOf(rule, subject, rule.over(entry), now) };
    }
    if (before !== undefined && RANK[level] < RANK[before]) return {};
    kept.trouble = troubleOf(rule, subject, { reading, level, settings: chosen, since: kept.since });
    return { trouble: kept.trouble };
  }

  return {
    look(now, entries) {
      undoing = [];
      const troubles: Trouble[] = [];
      const recoveries: Recovery[] = [];
      const alive = new Set<string>();
      for (const entry of entries ?? everything(picture)) {
        const subject = subjectOf(entry, now);
        alive.add(subject.id);
        for (const rule of byKind.get(entry.kind) ?? []) {
          const { trouble, recovery } = judge(rule, subject, now);
          if (trouble) troubles.push(trouble);
          if (recovery) recoveries.push(recovery);
        }
      }
      if (entries === undefined) recoveries.push(...forgetGone(alive, now));
      const said = undoing;
      return { troubles, recoveries, undo: () => said.forEach((take) => take()) };
    },
  };

  /** What is no longer in a whole list has no troubles any more. */
  function forgetGone(alive: ReadonlySet<string>, now: number): Recovery[] {
    const gone: Recovery[] = [];
    for (const [id, ofObject] of tracks) {
      if (alive.has(id)) continue;
      tracks.delete(id);
      undoing.push(() => void tracks.set(id, ofObject));
      for (const { trouble } of ofObject.values())
        if (trouble !== undefined) gone.push(endOf(trouble, `${trouble.title}: no longer there`, now));
    }
    return gone;
  }
}

const NEVER: Track = { told: undefined, saying: undefined, since: 0, trouble: undefined };

function* everything(picture: Picture): Iterable<Entry> {
  for (const kind of KINDS) yield* picture.of(kind);
}

function subjectOf(entry: Entry, now: number): Subject {
  const found = objectOfEntry(entry);
  const freshMs = entry.kind === 'job' ? JOBS_FRESH_MS : FRESH_MS;
  return {
    ...found,
    entry,
    id: `${entry.cluster}|${found.object}`,
    isFresh: now - Date.parse(entry.observedAt) <= freshMs,
    matchable: { ...found.entity, tags: found.tags, pool: found.pool, product: entry.product },
  };
}

function rulesOf(rules: readonly Rule[], kind: EntryKind): StateRule[] {
  // Each is asked only about entries of the kind it names.
  return rules.filter((rule) => rule.reads === 'state' && rule.entry === kind) as StateRule[];
}

/**
 * A level is left only past `clear`, so that a value around the threshold is one problem and not many. After a start nobody knows
 * which side such a value came from: `undefined`, it says nothing.
 */
function levelOf(
  rule: StateRule,
  { level, value }: Reading,
  { warn, crit, clear }: RuleSettings,
  told: Level | undefined,
): Level | undefined {
  if (level !== undefined) return level;
  if (typeof value !== 'number') return 'ok';
  const sign = rule.worse === 'below' ? -1 : 1;
  const reached = (threshold: number | undefined) =>
    threshold !== undefined && sign * value >= sign * threshold;
  if (reached(crit)) return 'crit';
  if (reached(warn)) return 'warn';
  if (told === 'ok' || clear === undefined || sign * value <= sign * clear) return 'ok';
  return told === 'crit' && warn !== undefined ? 'warn' : told;
}

function troubleOf(
  rule: StateRule,
  { entry, object, entity, tags, pool }: Subject,
  {
    reading,
    level,
    settings,
    since,
  }: { reading: Reading; level: 'warn' | 'crit'; settings: RuleSettings; since: number },
): Trouble {
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
    ...rule.incident?.(entry),
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

function recoveryOf(rule: StateRule, { entry, object }: Subject, title: string, now: number): Recovery {
  const { family, anchor } = { family: undefined, anchor: object, ...rule.incident?.(entry) };
  return endOf({ condition: family ?? rule.condition, anchor, cluster: entry.cluster }, title, now);
}

function endOf(
  { family, condition, anchor, cluster }: Pick<Trouble, 'family' | 'condition' | 'anchor' | 'cluster'>,
  title: string,
  now: number,
): Recovery {
  const where = cluster === undefined ? {} : { cluster };
  return { condition: family ?? condition, anchor, ...where, title, at: new Date(now).toISOString() };
}
