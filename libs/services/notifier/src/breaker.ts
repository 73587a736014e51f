/** When a channel is left alone, in milliseconds. */
export interface BreakerPolicy {
  /** Failures in a row that open it. */
  readonly threshold: number;
  /** First time it stays open; doubles while the probe fails. */
  readonly baseMs: number;
  readonly capMs: number;
}

/** Five failures, then 30 s growing to 10 minutes. */
export const BREAKER_POLICY: BreakerPolicy = { threshold: 5, baseMs: 30_000, capMs: 600_000 };

/** Keeps a channel that is down from being tried by every message at once. */
export interface Breaker {
  /**
   * Asks for one attempt: 0 gives it, and its end must be told by `succeeded`, `failed` or `released`. Otherwise the
   * milliseconds after which to ask again.
   */
  admit(): number;
  /** The channel answered, whatever it said about the message. */
  succeeded(): void;
  /** The channel is at fault. */
  failed(): void;
  /** The attempt was not made after all. */
  released(): void;
  /** The channel asked to be left alone for so long: no failure, but nobody tries before. */
  hold(ms: number): void;
  isOpen(): boolean;
}

/** Makes the breaker of one channel. @param now milliseconds since the epoch. */
export function createBreaker(now: () => number, policy: BreakerPolicy = BREAKER_POLICY): Breaker {
  let failures = 0;
  let openFor = 0;
  let until = 0;
  let probing = false;
  const open = () => failures >= policy.threshold;
  return {
    admit() {
      const left = until - now();
      if (left > 0) return left;
      if (!open()) return 0;
      // Half open: one message finds out for all.
      if (probing) return policy.baseMs;
      probing = true;
      return 0;
    },
    succeeded() {
      failures = 0;
      openFor = 0;
      probing = false;
    },
    failed() {
      failures++;
      probing = false;
      if (!open()) return;
      openFor = Math.min(policy.capMs, openFor === 0 ? policy.baseMs : openFor * 2);
      until = Math.max(until, now() + openFor);
    },
    released() {
      probing = false;
    },
    hold(ms) {
      probing = false;
      until = Math.max(until, now() + ms);
    },
    isOpen: () => open(),
  };
}
