import { familyOf, parseUpid } from '@proxmox-mcp/proxmox-events';

/** When a running task is looked at next. Epoch milliseconds. */
export interface FollowState {
  nextStatusAt: number;
  /** Infinity for tasks whose log tells no progress. */
  nextProgressAt: number;
}

const YOUNG_MS = 2 * 60_000;
const MIDDLE_AGED_MS = 15 * 60_000;
const FIRST_LOOK_MS = 1_000;
const FIRST_PROGRESS_MS = 5_000;

/**
 * How long to wait between two looks at a running task. Most tasks end within seconds, and an end is wanted within four; one
 * that has run for an hour rarely ends in the next second, and the list tells of it soon after.
 */
export function statusPeriodMs(ageMs: number): number {
  if (ageMs < YOUNG_MS) return 2_000;
  return ageMs < MIDDLE_AGED_MS ? 4_000 : 10_000;
}

/** The plan for a task that was first seen at `seenAt`. */
export function firstPlan(upid: string, seenAt: number): FollowState {
  return {
    nextStatusAt: seenAt + FIRST_LOOK_MS,
    nextProgressAt: hasProgress(upid) ? seenAt + FIRST_PROGRESS_MS : Number.POSITIVE_INFINITY,
  };
}

function hasProgress(text: string): boolean {
  const upid = parseUpid(text);
  if (!upid) return false;
  const family = familyOf(upid.product, upid.type);
  return ['backup.job', 'guest.migrate', 'backup.gc', 'backup.verify', 'backup.sync'].includes(family);
}
