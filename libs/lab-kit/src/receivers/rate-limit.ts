/** So many requests per window; Discord's and ntfy's buckets, as far as a client can see them. */
export class RateLimit {
  readonly limit: number;
  readonly #perMs: number;
  readonly #now: () => number;
  #used = 0;
  #resetsAt = 0;

  constructor(limit: number, perMs: number, now: () => number) {
    this.limit = limit;
    this.#perMs = perMs;
    this.#now = now;
  }

  /** Counts one request. @returns what is left, and the milliseconds to wait when nothing was. */
  take(): { readonly remaining: number; readonly waitMs: number; readonly resetMs: number } {
    const now = this.#now();
    if (now >= this.#resetsAt) {
      this.#used = 0;
      this.#resetsAt = now + this.#perMs;
    }
    const resetMs = this.#resetsAt - now;
    if (this.#used >= this.limit) return { remaining: 0, waitMs: resetMs, resetMs };
    this.#used++;
    return { remaining: this.limit - this.#used, waitMs: 0, resetMs };
  }
}
