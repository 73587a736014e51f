import type { Clock } from '../clock.ts';

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Lets time pass, timer by timer, giving the work that each one wakes time to finish. */
  advance(ms: number): Promise<void>;
  /** Lets time pass until `isTrue`, at most `maxMs`. @throws {Error} it never was. */
  until(isTrue: () => boolean, maxMs?: number): Promise<void>;
}

interface Timer {
  readonly at: number;
  readonly wake: () => void;
}

/** Starts at 2026-03-14T02:00:00Z. */
export function createManualClock(startMs = Date.UTC(2026, 2, 14, 2)): ManualClock {
  let nowMs = startMs;
  const timers = new Set<Timer>();
  const settle = async () => {
    // The embedded bus answers within a few turns of the event loop.
    for (let i = 0; i < 6; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  const step = async (limit: number): Promise<boolean> => {
    const due = [...timers].filter((timer) => timer.at <= limit).toSorted((a, b) => a.at - b.at)[0];
    if (!due) return false;
    nowMs = Math.max(nowMs, due.at);
    for (const timer of timers) {
      if (timer.at > nowMs) continue;
      timers.delete(timer);
      timer.wake();
    }
    await settle();
    return true;
  };
  return {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const timer: Timer = {
          at: nowMs + ms,
          wake: () => {
            signal?.removeEventListener('abort', abort);
            resolve();
          },
        };
        const abort = () => {
          timers.delete(timer);
          reject(signal?.reason as Error);
        };
        signal?.addEventListener('abort', abort, { once: true });
        timers.add(timer);
      }),
    async advance(ms) {
      const target = nowMs + ms;
      await settle();
      while (await step(target));
      nowMs = target;
    },
    async until(isTrue, maxMs = 60_000) {
      const limit = nowMs + maxMs;
      await settle();
      while (!isTrue()) if (!(await step(limit))) throw new Error(`not true after ${maxMs} ms`);
    },
  };
}
