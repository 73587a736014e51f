/**
 * Calls at most once per interval and key: the first call at once, what follows within the interval as one call at its
 * end. No more than `maxKeys` keys wait at one time.
 */
export class Coalescer {
  readonly #intervalMs: number;
  readonly #maxKeys: number;
  readonly #call: (key: string) => void;
  /** Keys in their quiet interval; `true`: something came meanwhile. */
  readonly #quiet = new Map<string, { timer: NodeJS.Timeout; isPending: boolean }>();

  constructor({
    intervalMs,
    maxKeys,
    call,
  }: {
    intervalMs: number;
    maxKeys: number;
    call: (key: string) => void;
  }) {
    this.#intervalMs = intervalMs;
    this.#maxKeys = maxKeys;
    this.#call = call;
  }

  /** Something about the key changed. @returns `false` when too many keys wait already: it is dropped. */
  touch(key: string): boolean {
    const quiet = this.#quiet.get(key);
    if (quiet !== undefined) {
      quiet.isPending = true;
      return true;
    }
    if (this.#quiet.size >= this.#maxKeys) return false;
    this.#begin(key);
    this.#call(key);
    return true;
  }

  stop(): void {
    for (const { timer } of this.#quiet.values()) clearTimeout(timer);
    this.#quiet.clear();
  }

  #begin(key: string): void {
    const timer = setTimeout(() => {
      const isPending = this.#quiet.get(key)?.isPending === true;
      this.#quiet.delete(key);
      if (!isPending) return;
      this.#begin(key);
      this.#call(key);
    }, this.#intervalMs).unref();
    this.#quiet.set(key, { timer, isPending: false });
  }
}
