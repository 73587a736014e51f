/** Runs the newest task of each key; those that were overtaken while one ran are not run at all. */
export interface LatestOnly {
  /** Resolves when this task, or a newer one of the same key, has run. */
  run(key: string, task: () => Promise<void>): Promise<void>;
}

interface Next {
  task: () => Promise<void>;
  promise: Promise<void>;
}

interface Lane {
  running: Promise<void>;
  next: Next | undefined;
}

/** Makes one. Holds a key only while something of it runs. */
export function latestOnly(): LatestOnly {
  const lanes = new Map<string, Lane>();

  function begin(key: string, task: () => Promise<void>): Promise<void> {
    const lane: Lane = lanes.get(key) ?? { running: Promise.resolve(), next: undefined };
    lanes.set(key, lane);
    lane.running = task().finally(() => {
      if (lane.next === undefined) lanes.delete(key);
    });
    return lane.running;
  }

  return {
    run(key, task) {
      const lane = lanes.get(key);
      if (lane === undefined) return begin(key, task);
      if (lane.next) {
        lane.next.task = task;
        return lane.next.promise;
      }
      const next: Next = { task, promise: Promise.resolve() };
      next.promise = lane.running
        .catch(() => undefined)
        .then(() => {
          lane.next = undefined;
          return begin(key, next.task);
        });
      lane.next = next;
      return next.promise;
    },
  };
}
