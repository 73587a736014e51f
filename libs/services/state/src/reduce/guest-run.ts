import type { GuestState } from '@proxmox-mcp/schemas';

/** A VM that was off has been running for less than this when its backup's lock is seen. */
const JUST_STARTED_MS = 60_000;

/** One that has been off for longer was off by itself before its node went away. */
const OFF_WITH_NODE_MS = 3_600_000;

/**
 * Adds to a guest what its status alone does not say: until when it ran, and what was being done to it as it stopped. Without that
 * nobody could tell one that went down from one that is off, a restart of this service included.
 *
 * @param after the guest as it is seen now, with or without what was added to it before.
 */
export function followRun(before: GuestState | undefined, after: GuestState): GuestState {
  const { ranUntil: _, stoppedUnder: __, isForBackup: ___, ...now } = after;
  if (now.status === 'running') {
    if (!isForBackup(before, after)) return now;
    return { ...now, ...storyOf(before), isForBackup: true };
  }
  const ranUntil = lastRun(before, after);
  const stoppedUnder = lastLock(before, now);
  return {
    ...now,
    ...(ranUntil === undefined ? {} : { ranUntil }),
    ...(stoppedUnder === undefined ? {} : { stoppedUnder }),
  };
}

function isForBackup(before: GuestState | undefined, { lock, observedAt }: GuestState): boolean {
  if (lock !== 'backup') return false;
  if (before === undefined || before.isForBackup === true || before.status !== 'running') return true;
  // The list told that it runs a moment before it told of the lock.
  return before.lock === undefined && Date.parse(observedAt) - Date.parse(before.since) < JUST_STARTED_MS;
}

function lastRun(before: GuestState | undefined, after: GuestState): string | undefined {
  if (before === undefined) return undefined;
  if (before.status === 'running') return before.isForBackup === true ? before.ranUntil : before.observedAt;
  const wasOff =
    before.status === 'stopped' &&
    after.status === 'unknown' &&
    Date.parse(after.observedAt) - Date.parse(before.since) > OFF_WITH_NODE_MS;
  return wasOff ? undefined : before.ranUntil;
}

/** Rows without news are rarely told: a lock was there until it is seen gone. */
function lastLock(
  before: GuestState | undefined,
  { status, lock, observedAt: until }: GuestState,
): GuestState['stoppedUnder'] {
  if (status === 'stopped' && lock !== undefined) return { lock, until };
  const known = before?.stoppedUnder;
  return known !== undefined && before?.lock === known.lock ? { ...known, until } : known;
}

function storyOf(before: GuestState | undefined): Pick<GuestState, 'ranUntil' | 'stoppedUnder'> {
  return {
    ...(before?.ranUntil === undefined ? {} : { ranUntil: before.ranUntil }),
    ...(before?.stoppedUnder === undefined ? {} : { stoppedUnder: before.stoppedUnder }),
  };
}
