import type { Fact } from '@proxmox-mcp/schemas';
import { parentOf, partsOf } from '../facts/identity.ts';
import { isNamelessError } from '../facts/pbs-errors.ts';

/** What an ended activity was about and how it went: all that deciding about incidents needs. */
export interface Activity {
  /** What was done; a guest's part of a backup counts as the job. */
  readonly family: string;
  readonly wentWell: boolean;
  readonly cluster: string | undefined;
  readonly node: string | undefined;
  /** Job id, PBS group, or kind and id of a task: what repeats under this name is the same thing. */
  readonly item: string | undefined;
  readonly storage: string | undefined;
  /** Every guest it covered, ascending; `undefined` while nobody has told. */
  readonly guests: readonly number[] | undefined;
  readonly failedGuests: readonly number[];
  readonly okGuests: readonly number[];
  /** UPID, or `<node>:<pid>` of a worker whose task is not known: the same run, whatever else is known of it. */
  readonly run: string | undefined;
  /** A detail tells of a part of a run and is not counted as an occurrence. */
  readonly isDetail: boolean;
  readonly endedAt: number;
}

/** Done by and for people at a console: never a problem of the lab. */
const NOT_OURS: ReadonlySet<string> = new Set(['console.session']);

/** Activities whose worker died without a word leave something undone that nobody else would tell of. */
const UNKNOWN_IS_TROUBLE: ReadonlySet<string> = new Set(['backup.job', 'guest.migrate']);

/** Families whose object is the guest alone, wherever it runs. */
export function isAboutGuest(family: string): boolean {
  return family.startsWith('guest.');
}

/**
 * Reads an ended fact as an activity.
 *
 * @returns `undefined` for what is no activity, still runs, was cancelled by a person, or ended in a way that says neither.
 */
export function activityOfFact(fact: Fact): Activity | undefined {
  const { family: said, outcome } = partsOf(fact.type);
  if (outcome === undefined || fact.endedAt === undefined || NOT_OURS.has(said)) return undefined;
  if (fact.facts['cancelled'] === true) return undefined;
  const family = said === 'backup.guest' ? 'backup.job' : said;
  const wentWell = outcome === 'succeeded' || outcome === 'warned';
  if (!wentWell && outcome !== 'failed' && !UNKNOWN_IS_TROUBLE.has(family)) return undefined;
  const isPart = said === 'backup.guest';
  const own = fact.guest === undefined ? [] : [fact.guest.vmid];
  const covered = isPart || isAboutGuest(family) ? own : coveredBy(fact);
  return {
    family,
    wentWell,
    cluster: fact.cluster,
    node: fact.node,
    item: itemOf(fact, family),
    storage: fact.storage,
    // A part says which guest it was, not which others the job had.
    guests: isPart || covered.length === 0 ? undefined : covered,
    failedGuests: wentWell ? [] : isPart || isAboutGuest(family) ? own : failedOf(fact),
    okGuests: isPart ? (wentWell ? own : []) : okOf(fact, wentWell ? covered : []),
    run: runOf(fact),
    isDetail: isPart,
    endedAt: Date.parse(fact.endedAt),
  };
}

function itemOf(fact: Fact, family: string): string | undefined {
  const job = fact.facts['job_id'];
  if (typeof job === 'string' && job !== '') return job;
  if (family === 'backup.job' || isAboutGuest(family)) return undefined;
  const group = fact.facts['group'];
  if (typeof group === 'string' && group !== '') return group;
  if (family.startsWith('backup.')) return undefined;
  // All that is known of it is its error; another error is another trouble.
  if (isNamelessError(fact))
    return `error/${text(fact.facts['error'])
      .slice(0, 80)
      .replace(/[^A-Za-z0-9]+/g, '-')}`;
  return `${text(fact.facts['task_type'])}/${text(fact.facts['task_id'])}`;
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');

/** Guests that a backup job is known to cover, ascending; those it has come to so far, while it runs. */
export function coveredGuests(fact: Fact): readonly number[] {
  return coveredBy(fact);
}

function coveredBy(fact: Fact): number[] {
  const listed = listOf(fact.facts['guests']).map((guest) => guest.vmid);
  if (listed.length > 0) return listed.sort((a, b) => a - b);
  const id = fact.facts['task_id'];
  if (fact.facts['task_type'] === 'vzdump' && typeof id === 'string' && /^\d{1,9}$/.test(id))
    return [Number(id)];
  return fact.guest === undefined ? [] : [fact.guest.vmid];
}

function failedOf(fact: Fact): number[] {
  const failed = listOf(fact.facts['guests']).filter((guest) => guest.status === 'err');
  if (failed.length > 0) return failed.map((guest) => guest.vmid).sort((a, b) => a - b);
  const covered = coveredBy(fact);
  return covered.length === 1 ? covered : [];
}

function okOf(fact: Fact, otherwise: readonly number[]): readonly number[] {
  const ok = listOf(fact.facts['guests']).filter((guest) => guest.status === 'ok');
  return ok.length > 0 ? ok.map((guest) => guest.vmid).sort((a, b) => a - b) : otherwise;
}

/** The guest rows of a fact's details. */
export function listOf(
  value: unknown,
): { vmid: number; name?: string; kind?: string; status?: string; error?: string }[] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (guest): guest is { vmid: number } => typeof (guest as { vmid?: unknown })?.vmid === 'number',
  );
}

function runOf(fact: Fact): string | undefined {
  const task = parentOf(fact.id) ?? fact.upid;
  if (task !== undefined) return task;
  const pid = fact.facts['worker_pid'];
  return typeof pid === 'number' && fact.node !== undefined ? `${fact.node}:${pid}` : undefined;
}
