/** Runs a few jobs at one time and lets a few more wait. */
export interface Limiter {
  /** @returns `undefined` at once when it is full: nothing was begun. Otherwise what the job returns. */
  run(job: () => Promise<void>): Promise<void> | undefined;
}

/**
 * Makes a limiter.
 *
 * @param max jobs under way at one time.
 * @param maxWaiting jobs that wait for a place; bounded, because whoever waits holds a message that the bus takes for hung
 *   after a while.
 */
export function createLimiter(max: number, maxWaiting: number): Limiter {
  let running = 0;
  const waiting: (() => void)[] = [];

  async function hold(job: () => Promise<void>): Promise<void> {
    if (running >= max) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      await job();
    } finally {
      // The place is handed on, not freed: a newcomer must not overtake those who wait.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  }
  return {
    run: (job) => (running >= max && waiting.length >= maxWaiting ? undefined : hold(job)),
  };
}
