const MAX_MESSAGES = 10_000;

interface Waiter<M> {
  readonly predicate: (message: M) => boolean;
  readonly resolve: (message: M) => void;
}

/** What a pretend service has accepted, and who waits for more. */
export class Inbox<M> {
  #messages: M[] = [];
  readonly #taken = new WeakSet<object>();
  readonly #waiters = new Set<Waiter<M>>();

  add(message: M & object): void {
    this.#messages.push(message);
    if (this.#messages.length > MAX_MESSAGES) this.#messages.shift();
    for (const waiter of this.#waiters) {
      if (!waiter.predicate(message)) continue;
      this.#taken.add(message);
      waiter.resolve(message);
      return;
    }
  }

  /** Oldest first. */
  all(): readonly M[] {
    return this.#messages;
  }

  /** Removes those that satisfy the predicate. @returns how many. */
  remove(predicate: (message: M) => boolean): number {
    const before = this.#messages.length;
    this.#messages = this.#messages.filter((message) => !predicate(message));
    return before - this.#messages.length;
  }

  next(predicate: (message: M) => boolean = () => true, timeoutMs = 10_000): Promise<M> {
    // Messages are objects: `add` takes nothing else.
    const isNew = (message: M) => !this.#taken.has(message as object) && predicate(message);
    const there = this.#messages.find(isNew);
    if (there !== undefined) {
      this.#taken.add(there as object);
      return Promise.resolve(there);
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter<M> = {
        predicate,
        resolve: (message) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(message);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(
          new Error(`no such message within ${timeoutMs} ms; there are ${this.#messages.length} messages`),
        );
      }, timeoutMs);
      this.#waiters.add(waiter);
    });
  }
}
