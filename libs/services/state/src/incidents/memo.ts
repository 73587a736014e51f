import { LONGEST_RUN_MS } from '../facts/keys/worker-lines.ts';
import { isAboutGuest, type Activity } from './activity.ts';

/** What an open incident knows about its object, beyond what it shows: grows with every report. Stored as JSON. */
export interface Memo {
  readonly family: string;
  readonly cluster?: string;
  readonly node?: string;
  readonly storage?: string;
  readonly item?: string;
  /** Every guest the last run covered. */
  readonly guests?: readonly number[];
  /** Guests that wait for a good run: vmid → when they last failed. */
  readonly failed: Readonly<Record<string, number>>;
  /** The last few runs: UPIDs, or `<node>:<pid>` of workers. */
  readonly runs: readonly string[];
  readonly lastFailureAt: number;
  /** Who sees it, and when each last said so, in milliseconds. */
  readonly seenBy?: Readonly<Record<string, number>>;
  /** When it counts as over without a word, in milliseconds; absent where its end is reported. */
  readonly expiresAt?: number;
  /** Since when what explained it is over, in milliseconds; only of a suppressed one. */
  readonly freeSince?: number;
  /** When it began, again and again, in milliseconds: the last few. */
  readonly openings?: readonly number[];
  /** Of one that a person closed while its condition held: that it has been over since. */
  readonly hasEnded?: boolean;
  /** Of one that comes and goes: whether it is there now, and since when that is so. */
  readonly flapping?: { readonly isBad: boolean; readonly changedAt: number };
}

/** What a memo holds of the incident's own life, whatever its reports say. */
export function lifeOf(memo: Memo | undefined): Pick<Memo, 'freeSince' | 'openings' | 'flapping'> {
  return {
    ...(memo?.freeSince === undefined ? {} : { freeSince: memo.freeSince }),
    ...(memo?.openings === undefined ? {} : { openings: memo.openings }),
    ...(memo?.flapping === undefined ? {} : { flapping: memo.flapping }),
  };
}

/** How surely an activity is about an incident's object; 0 means that nothing speaks for it, `undefined` that something speaks against. */
export type Strength = 0 | 1 | 2 | 3 | 4;

/** Runs remembered per incident. */
const MAX_RUNS = 20;

/** Guests remembered per incident; the largest cluster's job has fewer. */
const MAX_GUESTS = 2_000;

/** Compares what an incident knows with what an activity tells. */
export function strengthOf(memo: Memo, activity: Activity): Strength | undefined {
  if (memo.family !== activity.family || differ(memo.cluster, activity.cluster)) return undefined;
  if (isSameRun(memo, activity)) return 4;
  if (isAboutGuest(activity.family)) return equalSets(memo.guests, activity.guests) ? 3 : undefined;
  if (differ(memo.node, activity.node)) return undefined;
  if (memo.item !== undefined && activity.item !== undefined)
    return memo.item === activity.item ? 3 : undefined;
  const isShared = activity.failedGuests.some((vmid) => vmid in memo.failed);
  if (isShared || equalSets(memo.guests, activity.guests)) return 2;
  if (knowsGuests(memo) && activity.guests !== undefined) return undefined;
  if (activity.isDetail && knowsGuests(memo))
    return memo.guests && isPartOf(activity, memo.guests) ? 1 : undefined;
  if (differ(memo.storage, activity.storage)) return undefined;
  return memo.storage !== undefined && memo.storage === activity.storage ? 1 : 0;
}

/** UPIDs never come back, process ids do: without a UPID the time has to fit too. */
function isSameRun(memo: Memo, { run, endedAt }: Activity): boolean {
  if (run === undefined || !memo.runs.includes(run)) return false;
  return run.startsWith('UPID:') || Math.abs(endedAt - memo.lastFailureAt) < LONGEST_RUN_MS;
}

const knowsGuests = (memo: Memo) => memo.guests !== undefined || Object.keys(memo.failed).length > 0;

const isPartOf = (activity: Activity, guests: readonly number[]) =>
  activity.failedGuests.every((vmid) => guests.includes(vmid));

/** Both known and not the same. */
function differ(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

function equalSets(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  return (
    a !== undefined && b !== undefined && a.length === b.length && a.every((vmid, index) => vmid === b[index])
  );
}

/** What is known of the object after a failure. */
export function rememberFailure(memo: Memo | undefined, activity: Activity): Memo {
  const at = activity.endedAt;
  const failed: Record<string, number> = { ...memo?.failed };
  for (const vmid of activity.okGuests) if ((failed[vmid] ?? Infinity) < at) delete failed[vmid];
  for (const vmid of activity.failedGuests.slice(0, MAX_GUESTS))
    failed[vmid] = Math.max(failed[vmid] ?? 0, at);
  const isLatest = at >= (memo?.lastFailureAt ?? 0);
  const guests = (isLatest ? activity.guests : undefined) ?? memo?.guests ?? activity.guests;
  const cluster = memo?.cluster ?? activity.cluster;
  const node = memo?.node ?? activity.node;
  const storage = (isLatest ? activity.storage : undefined) ?? memo?.storage ?? activity.storage;
  const item = memo?.item ?? activity.item;
  const runs = [...new Set([...(memo?.runs ?? []), ...(activity.run === undefined ? [] : [activity.run])])];
  return {
    family: activity.family,
    ...(cluster === undefined ? {} : { cluster }),
    ...(node === undefined ? {} : { node }),
    ...(storage === undefined ? {} : { storage }),
    ...(item === undefined ? {} : { item }),
    ...(guests === undefined ? {} : { guests: guests.slice(0, MAX_GUESTS) }),
    failed,
    runs: runs.slice(-MAX_RUNS),
    lastFailureAt: Math.max(at, memo?.lastFailureAt ?? 0),
    ...lifeOf(memo),
  };
}

/**
 * What a good run leaves of an incident. Only what is positively the same object and newer than the failure counts: a run about
 * which too little is known settles nothing.
 *
 * @returns `settled`, the guests still waiting, or `undefined` when the run says nothing about it.
 */
export function settle(memo: Memo, activity: Activity): 'settled' | Memo | undefined {
  if (!activity.wentWell || activity.endedAt < memo.lastFailureAt) return undefined;
  const strength = strengthOf(memo, activity);
  if (strength === 3 && !activity.isDetail) return 'settled';
  if (differ(memo.cluster, activity.cluster) || memo.family !== activity.family || isAboutGuest(memo.family))
    return undefined;
  const waiting = Object.keys(memo.failed);
  if (waiting.length > 0) {
    const covered = activity.okGuests.filter((vmid) => vmid in memo.failed);
    if (covered.length === 0) return undefined;
    if (covered.length === waiting.length) return 'settled';
    const failed = Object.fromEntries(
      Object.entries(memo.failed).filter(([vmid]) => !covered.includes(Number(vmid))),
    );
    return { ...memo, failed };
  }
  if (strength === 2 && !activity.isDetail) return 'settled';
  // Garbage collection, and jobs that only the task list tells of: the datastore is all there is to go by.
  const isWholeStore = memo.family.startsWith('backup.') && memo.family !== 'backup.job';
  // A job that failed before its first guest, where one of the two runs does not name its job (notifications often tell of
  // failures only): the same node writing to the same storage again is what was broken.
  const isJobLevel =
    memo.family === 'backup.job' && !(memo.item !== undefined && activity.item !== undefined);
  return strength === 1 && !activity.isDetail && (isWholeStore || isJobLevel) ? 'settled' : undefined;
}

/** Where to look for incidents of the same object: the most that every report of it knows. */
export function anchorOf(
  activity: Pick<Activity, 'family' | 'node' | 'item' | 'storage' | 'guests'>,
): string {
  const { family } = activity;
  if (isAboutGuest(family)) return `${family}|${activity.guests?.[0] ?? ''}`;
  if (family === 'backup.job') return `${family}|${activity.node ?? ''}`;
  if (family.startsWith('backup.')) return `${family}|${activity.storage ?? ''}`;
  return `${family}|${activity.item ?? ''}`;
}

/** Identity of the object, as well as it is known: the middle of an incident's key. */
export function objectOf(memo: Memo): string {
  if (isAboutGuest(memo.family)) return `guest/${memo.guests?.[0] ?? ''}`;
  const where = memo.node ?? '';
  if (memo.family !== 'backup.job' && memo.family.startsWith('backup.'))
    return [`datastore/${memo.storage ?? where}`, ...(memo.item === undefined ? [] : [memo.item])].join('/');
  if (memo.item !== undefined) return `node/${where}/job/${memo.item}`;
  const guests = memo.guests ?? Object.keys(memo.failed).map(Number);
  if (guests.length > 0) return `node/${where}/guests/${guests.slice(0, 50).join('+')}`;
  return `node/${where}/run/${memo.runs[0] ?? memo.storage ?? ''}`;
}
