/** Time as the pretend world sees it. Callbacks run one after the other, in order of their due time. */
export interface WorldClock {
  /** World time, milliseconds since the epoch. */
  now(): number;
  /** Runs `callback` once when world time reaches `at`; returns what cancels it. */
  schedule(at: number, callback: () => void): () => void;
  /** Drops every pending callback and releases the timer. */
  stop(): void;
}

/** A clock that moves only when told to. */
export interface SteppedClock extends WorldClock {
  /** Moves world time on by `ms`, running everything that becomes due at its own time. */
  advance(ms: number): void;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Pending callbacks, soonest first; equal times keep the order of scheduling. */
class Agenda {
  readonly #entries: Entry[] = [];
  #order = 0;

  add(at: number, callback: () => void): Entry {
    const entry = { at, order: this.#order++, callback };
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#entries[middle];
      if (other !== undefined && other.at <= at) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, entry);
    return entry;
  }

  remove(entry: Entry): void {
    const index = this.#entries.indexOf(entry);
    if (index >= 0) this.#entries.splice(index, 1);
  }

  next(): Entry | undefined {
    return this.#entries[0];
  }

  takeDue(now: number): Entry | undefined {
    const first = this.#entries[0];
    return first !== undefined && first.at <= now ? this.#entries.shift() : undefined;
  }

  clear(): void {
    this.#entries.length = 0;
  }
}

/** Longest `setTimeout`; beyond it Node fires at once. */
const MAX_TIMEOUT_MS = 2_147_000_000;

/**
 * A clock that runs `speed` times as fast as the wall clock, starting at `startAt` (default: now). It holds at most one
 * timer, for the next due callback, so an idle world costs nothing.
 */
export function createRunningClock(options: { speed?: number; startAt?: number } = {}): WorldClock {
  const speed = options.speed ?? 1;
  const startedAt = performance.now();
  const startAt = options.startAt ?? Date.now();
  const agenda = new Agenda();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const now = () => startAt + (performance.now() - startedAt) * speed;

  const arm = () => {
    clearTimeout(timer);
    timer = undefined;
    const next = agenda.next();
    if (next === undefined || stopped) return;
    const waitMs = Math.min(Math.max(0, (next.at - now()) / speed), MAX_TIMEOUT_MS);
    timer = setTimeout(run, waitMs);
  };
  const run = () => {
    for (let entry = agenda.takeDue(now()); entry !== undefined; entry = agenda.takeDue(now()))
      entry.callback();
    arm();
  };
  return {
    now,
    schedule(at, callback) {
      const entry = agenda.add(at, callback);
      if (agenda.next() === entry) arm();
      return () => agenda.remove(entry);
    },
    stop() {
      stopped = true;
      agenda.clear();
      clearTimeout(timer);
    },
  };
}

/** A clock for tests: starts at `startAt` and stands still until `advance` is called. */
export function createSteppedClock(startAt: number): SteppedClock {
  const agenda = new Agenda();
  let current = startAt;
  return {
    now: () => current,
    schedule(at, callback) {
      const entry = agenda.add(at, callback);
      return () => agenda.remove(entry);
    },
    stop: () => agenda.clear(),
    advance(ms) {
      const target = current + ms;
      for (let entry = agenda.takeDue(target); entry !== undefined; entry = agenda.takeDue(target)) {
        current = Math.max(current, entry.at);
        entry.callback();
      }
      current = target;
    },
  };
}
