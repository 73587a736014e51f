import { BusUnavailable } from '../bus.ts';
import { reaching } from './reaching.ts';

/** Calls until the server answers; it can be there before its JetStream is. */
export async function untilReached(call: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await reaching('preparing streams', call);
      return;
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** Waits for work at most so long, whatever becomes of it. */
export async function withinSeconds(work: Promise<unknown>, seconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, seconds * 1_000);
  });
  try {
    await Promise.race([work.catch(() => {}), late]);
  } finally {
    clearTimeout(timer);
  }
}
