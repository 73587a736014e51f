import type { JobState } from '@proxmox-mcp/schemas';

const DAY_S = 86_400;
/** A job of every minute is not late after five. */
const LEAST_INTERVAL_S = 15 * 60;

/**
 * How many of its intervals a job's last run is ago, to one decimal place: 1 is in time. `undefined` before it has run, and where
 * its next run is not known. @param now milliseconds since the epoch.
 */
export function intervalsSinceRun({ lastRun, nextRun }: JobState, now: number): number | undefined {
  if (lastRun === undefined || nextRun === undefined || nextRun <= lastRun) return undefined;
  const interval = Math.max(LEAST_INTERVAL_S, nextRun - lastRun);
  return Math.round(((now / 1_000 - lastRun) / interval) * 10) / 10;
}

/**
 * Days since a job has run, to one decimal place. A job that is planned for later runs as rarely as somebody wants: 0.
 */
export function daysOverdue({ lastRun, nextRun }: JobState, now: number): number | undefined {
  if (lastRun === undefined) return undefined;
  if (nextRun !== undefined && nextRun + DAY_S > now / 1_000) return 0;
  return Math.round(((now / 1_000 - lastRun) / DAY_S) * 10) / 10;
}
