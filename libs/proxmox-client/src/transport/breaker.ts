/** A circuit breaker: after failures in a row nothing is let through for a while, then one probe decides. */
export interface Breaker {
  /** Whether a call may go out now. In the half-open state one call gets `true`: the probe; it must report back. */
  admit(): boolean;
  /** The call got an answer. */
  succeeded(): void;
  /** The endpoint did not serve the call. */
  failed(): void;
  /** The call ended without saying anything about the endpoint (the caller gave up). */
  abandoned(): void;
  readonly state: 'closed' | 'open' | 'half-open';
  /** Milliseconds until the next call is let through; 0 when one would be. */
  waitMs(): number;
}

/** How a breaker is set up. */
export interface BreakerOptions {
  readonly threshold: number;
  /** First rest; it doubles with each failed probe up to ten times this. */
  readonly coolDownMs: number;
  readonly now: () => number;
  readonly random: () => number;
}

/** A closed breaker. */
export function createBreaker({ threshold, coolDownMs, now, random }: BreakerOptions): Breaker {
  let failures = 0;
  let opened = 0;
  let openUntil: number | undefined;
  let isProbing = false;

  const open = (): void => {
    const restMs = Math.min(coolDownMs * 2 ** opened, coolDownMs * 10);
    opened += 1;
    // Jitter, so that the hosts of a lab that went down together are not all probed at one moment.
    openUntil = now() + restMs * (0.8 + 0.4 * random());
    isProbing = false;
  };

  return {
    admit() {
      if (openUntil === undefined) return true;
      if (isProbing || now() < openUntil) return false;
      isProbing = true;
      return true;
    },
    succeeded() {
      failures = 0;
      opened = 0;
      openUntil = undefined;
      isProbing = false;
    },
    failed() {
      failures += 1;
      if (openUntil !== undefined ? isProbing : failures >= threshold) open();
    },
    abandoned() {
      isProbing = false;
    },
    get state() {
      if (openUntil === undefined) return 'closed';
      return isProbing || now() >= openUntil ? 'half-open' : 'open';
    },
    waitMs() {
      return openUntil === undefined ? 0 : Math.max(0, openUntil - now());
    },
  };
}
