/** How long and how often a channel is tried. Times in milliseconds. */
export interface RetryPolicy {
  /** Wait after the first failure; doubles with each further one. */
  readonly baseMs: number;
  /** Longest wait of our own choosing. A channel that asks for more (Retry-After) gets more. */
  readonly capMs: number;
  /** Counted from the first attempt. One attempt is always made after it has passed. */
  readonly giveUpAfterMs: number;
  /** Wait for a place among those being sent; default 5 s. */
  readonly busyMs?: number;
}

/** The policy docs/operations.md states: up to 24 hours, waits of 2 s growing to 10 minutes. */
export const RETRY_POLICY: RetryPolicy = { baseMs: 2_000, capMs: 600_000, giveUpAfterMs: 86_400_000 };

/** What to do after a failed attempt. */
export type RetryDecision =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'give-up'; readonly reason: 'rejected' | 'gave-up' };

/** What is known of a failed attempt. */
export interface FailedAttempt {
  readonly retryable: boolean;
  /** What the channel asked for. */
  readonly retryAfterMs?: number | undefined;
  /** Attempts made so far, this one included. */
  readonly attempts: number;
  readonly firstAttemptAt: number;
}

/**
 * Decides between another attempt and giving up. The wait is exponential with jitter over its upper half, so that replicas
 * and channels do not return in step; `Retry-After` is a lower bound, at most the time to giving up.
 *
 * @param random in [0, 1).
 */
export function planRetry(
  attempt: FailedAttempt,
  policy: RetryPolicy,
  now: number,
  random: number,
): RetryDecision {
  if (!attempt.retryable) return { kind: 'give-up', reason: 'rejected' };
  if (now - attempt.firstAttemptAt >= policy.giveUpAfterMs) return { kind: 'give-up', reason: 'gave-up' };
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(attempt.attempts - 1, 30));
  const backoff = ceiling * (0.5 + random / 2);
  const asked = Math.min(attempt.retryAfterMs ?? 0, policy.giveUpAfterMs);
  // Jitter on top of what was asked for: everybody who was told "in 60 s" returns at second 60.
  return { kind: 'retry', delayMs: Math.ceil(asked > backoff ? asked + policy.baseMs * random : backoff) };
}
