/** A bounded number of things under way at once, and a bounded number waiting for their turn, first come first served. */
export interface Slots {
  /**
   * Runs `work` when there is room.
   *
   * @throws the signal's reason, when it aborts while waiting.
   * @throws {SlotsFullError} too many wait already.
   */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  readonly inFlight: number;
  readonly waiting: number;
}

/** No more calls can wait. */
export class SlotsFullError extends Error {
  override readonly name = 'SlotsFullError';
}

/** Slots for `max` at once, with `maxQueued` waiting. */
export function createSlots(max: number, maxQueued: number): Slots {
  let inFlight = 0;
  const queue = new Set<() => void>();

  const enter = async (signal: AbortSignal | undefined): Promise<void> => {
    signal?.throwIfAborted();
    if (inFlight < max) {
      inFlight += 1;
      return;
    }
    if (queue.size >= maxQueued) throw new SlotsFullError(`${queue.size} calls wait already`);
    let isMine = false;
    await new Promise<void>((resolve) => {
      const leaveQueue = (): void => {
        queue.delete(take);
        signal?.removeEventListener('abort', leaveQueue);
        resolve();
      };
      const take = (): void => {
        isMine = true;
        leaveQueue();
      };
      signal?.addEventListener('abort', leaveQueue, { once: true });
      queue.add(take);
    });
    if (!isMine) signal?.throwIfAborted();
  };

  const leave = (): void => {
    const [next] = queue;
    // The slot passes to the next in line without being free in between, so a newcomer cannot jump the queue.
    if (next !== undefined) next();
    else inFlight -= 1;
  };

  return {
    async run(work, signal) {
      await enter(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
    get inFlight() {
      return inFlight;
    },
    get waiting() {
      return queue.size;
    },
  };
}
