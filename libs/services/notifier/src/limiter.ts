/** Runs at most `max` jobs at one time; the rest wait in order. The caller bounds how many wait. */
export interface Limiter {
  run<T>(job: () => Promise<T>): Promise<T>;
}

/** Makes a limiter. */
export function createLimiter(max: number): Limiter {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    async run(job) {
      if (running >= max) await new Promise<void>((resolve) => waiting.push(resolve));
      else running++;
      try {
        return await job();
      } finally {
        // The place is handed on, not freed: a newcomer must not overtake those who wait.
        const next = waiting.shift();
        if (next === undefined) running--;
        else next();
      }
    },
  };
}
