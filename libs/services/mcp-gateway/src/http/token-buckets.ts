export interface BucketOptions {
  readonly perSecond: number;
  readonly burst: number;
  /** Keys remembered; beyond it the longest unused is forgotten. */
  readonly maxKeys: number;
}

/** A token bucket per key. */
export class TokenBuckets {
  readonly #options: BucketOptions;
  readonly #now: () => number;
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(options: BucketOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  /** Whether the key has one left. */
  has(key: string): boolean {
    return this.#refilled(key).left >= 1;
  }

  /** Takes one. @returns `false` when none is left. */
  take(key: string): boolean {
    const bucket = this.#refilled(key);
    const isLeft = bucket.left >= 1;
    if (isLeft) bucket.left--;
    // Set anew, so that the map's order is by last use.
    this.#buckets.delete(key);
    if (this.#buckets.size >= this.#options.maxKeys) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    this.#buckets.set(key, bucket);
    return isLeft;
  }

  #refilled(key: string): { left: number; at: number } {
    const { perSecond, burst } = this.#options;
    const now = this.#now();
    const { left, at } = this.#buckets.get(key) ?? { left: burst, at: now };
    return { left: Math.min(burst, left + (Math.max(0, now - at) / 1_000) * perSecond), at: now };
  }
}
