import { setTimeout as pause } from 'node:timers/promises';

/** Time, so that tests can make it run faster. */
export interface Clock {
  /** Milliseconds since whenever; only runs forward. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when that aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const wallClock: Clock = {
  now: () => performance.now(),
  async sleep(ms, signal) {
    // Timers hold 31 bits; a wait of weeks ends early and is found to be too early.
    await pause(Math.min(ms, 2 ** 31 - 1), undefined, { signal });
  },
};
