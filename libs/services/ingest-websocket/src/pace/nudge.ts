import type { Clock } from '@proxmox-mcp/proxmox-client';

/** A clock whose sleeps can be cut short: for loops that mostly wait, and now and then have a reason not to. */
export interface Nudge extends Clock {
  /** Ends the sleep under way, or the next one. */
  nudge(): void;
}

/** A nudgeable clock. `leastMs`: even a nudged sleep lasts so long, so that many reasons at once make one look. */
export function createNudge(clock: Clock, leastMs: number): Nudge {
  let isNudged = false;
  let wake = new AbortController();
  return {
    now: () => clock.now(),
    nudge() {
      isNudged = true;
      wake.abort();
    },
    async sleep(ms, signal) {
      await clock.sleep(Math.min(ms, leastMs), signal);
      if (!isNudged && ms > leastMs) {
        wake = new AbortController();
        const either = signal ? AbortSignal.any([signal, wake.signal]) : wake.signal;
        await clock.sleep(ms - leastMs, either).catch((error: unknown) => {
          if (!isNudged) throw error;
        });
      }
      isNudged = false;
      signal?.throwIfAborted();
    },
  };
}
