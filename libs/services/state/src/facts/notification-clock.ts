import type { Channel, Event } from '@proxmox-mcp/schemas';
import { SECOND, timeOf } from './keys/key.ts';

/** From and to, epoch milliseconds, both included. */
export type Interval = readonly [from: number, to: number];

/** By how much the stamp of a channel may lie before and after the notification's own time, seconds (PROXMOX §G.5, T4). */
const STAMPS: Readonly<Partial<Record<Channel, readonly [before: number, after: number]>>> = {
  // A mail's Date is its send time. Delivery may be hours later, which is why nobody looks at it.
  email: [2, 15],
  gotify: [2, 30],
  ntfy: [2, 30],
  discord: [2, 30],
};

/** PBS hands notifications to a spool, which is emptied every five seconds, oldest first. */
const SPOOL_S = 10;

/** When a notification can have been made, by what its channel tells of the time. */
export function madeIn(event: Event): Interval {
  const at = timeOf(event);
  // Two products of one host forward a mail to root each in its own time: within a minute of each other.
  if (event.facts['notification_type'] === 'system-mail') return [at - 30 * SECOND, at + 30 * SECOND];
  const isOwnTime = event.channel === 'webhook' && event.at !== undefined;
  // Without a time of the sender's own, ours is all there is, and later.
  const [before, after] = isOwnTime ? [1, 1] : (STAMPS[event.channel] ?? [2, 30]);
  const spool = event.product === 'pbs' && !isOwnTime ? SPOOL_S : 0;
  return [at - (after + spool) * SECOND, at + before * SECOND];
}

/** What both allow; `undefined` when nothing. */
export function common([a, b]: Interval, [c, d]: Interval): Interval | undefined {
  const both: Interval = [Math.max(a, c), Math.min(b, d)];
  return both[0] <= both[1] ? both : undefined;
}

/**
 * When the notification of a task that ended then was made: inside the worker just before its end, which the list tells up to ten
 * seconds late and the log to the second.
 */
export function madeBefore(endedAt: number): Interval {
  return [endedAt - 30 * SECOND, endedAt + 2 * SECOND];
}
