import type { NotifyFile, Rate } from '../policy/notify-file.ts';
import { type Outcome, pass } from './stage.ts';

/** Messages since a time. */
export interface Count {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly count: number;
}

/** What one channel was sent of late. */
export interface Counts {
  readonly all: Count;
  /** By incident. */
  readonly incidents: Readonly<Record<string, Count>>;
}

export const NO_COUNTS: Counts = { all: { from: 0, count: 0 }, incidents: {} };
const MAX_INCIDENTS = 1_000;

/**
 * Holds what is more than a channel is to be sent in a while; it is told in a digest, never dropped. Critical is counted and not held.
 *
 * @returns the outcome, and the counts with this message in them if it passes.
 */
export function throttle(
  counts: Counts,
  message: { readonly incidentId: string; readonly isCritical: boolean },
  { rates, now }: { readonly rates: NotifyFile['throttle']; readonly now: number },
): { readonly outcome: Outcome; readonly counts: Counts } {
  const { per_channel: channel, per_incident: incident } = rates;
  const all = running(counts.all, channel, now);
  const own = running(counts.incidents[message.incidentId], incident, now);
  const until = Math.max(endOf(all, channel), endOf(own, incident));
  if (until > 0 && !message.isCritical)
    return { outcome: { kind: 'hold', reason: 'throttled', until, digest: true }, counts };
  const others = Object.entries(counts.incidents).filter(
    ([id, count]) => id !== message.incidentId && running(count, incident, now).count > 0,
  );
  const incidents = Object.fromEntries([
    ...others.slice(1 - MAX_INCIDENTS),
    [message.incidentId, { ...own, count: own.count + 1 }],
  ]);
  return { outcome: pass('within-rate'), counts: { all: { ...all, count: all.count + 1 }, incidents } };
}

/** A clock that was set back begins anew: nobody waits for a time that lies ahead by mistake. */
function running(count: Count | undefined, rate: Rate | undefined, now: number): Count {
  const isOver =
    count === undefined || rate === undefined || now < count.from || now >= count.from + rate.per;
  return isOver ? { from: now, count: 0 } : count;
}

function endOf(count: Count, rate: Rate | undefined): number {
  return rate !== undefined && count.count >= rate.count ? count.from + rate.per : 0;
}
