import { isRecord } from '../input.ts';
import { said, tellOf, type ConditionDiff, type Whose } from './condition-diff.ts';

/** A machine's subscription. Plain JSON, fit to be stored. */
export interface SubscriptionSnapshot {
  /** active, notfound, expired, invalid, suspended, new. */
  readonly status: string;
  /** `2026-12-01`. */
  readonly due?: string;
  /** Days until then, rounded down, when it was looked at. */
  readonly daysLeft?: number;
}

const THRESHOLDS = [30, 7] as const;

/** Reads `subscription` of either product as it is at `nowMs`; `undefined` when it is none. */
export function readSubscription(answer: unknown, nowMs: number): SubscriptionSnapshot | undefined {
  if (!isRecord(answer)) return undefined;
  const status = said(answer['status'], 40)?.toLowerCase();
  if (status === undefined) return undefined;
  const due = said(answer['nextduedate'], 40);
  const endMs = due === undefined ? Number.NaN : Date.parse(due);
  return {
    status,
    ...(due !== undefined && { due }),
    ...(!Number.isNaN(endMs) && { daysLeft: Math.floor((endMs - nowMs) / 86_400_000) }),
  };
}

/** A subscription that comes near its end, ends, or is there again. A machine without one has nothing to tell. */
export function diffSubscription(
  before: SubscriptionSnapshot,
  after: SubscriptionSnapshot,
  whose: Whose,
): ConditionDiff<SubscriptionSnapshot> {
  const tell = tellOf(whose);
  const facts = { status: after.status, next_due: after.due, days_left: after.daysLeft };
  const was = before.status === 'active';
  const now = after.status === 'active';
  if (was !== now) {
    const type = now ? 'subscription.active' : 'subscription.inactive';
    return { events: [tell(type, 'subscription', { ...facts, from: before.status })], next: after };
  }
  const threshold = now ? thresholdOf(after.daysLeft) : undefined;
  const told = thresholdOf(before.daysLeft);
  const isDue = threshold !== undefined && (told === undefined || threshold < told);
  const events = isDue
    ? [tell('subscription.expiring', 'subscription', { ...facts, threshold_days: threshold })]
    : [];
  return { events, next: after };
}

function thresholdOf(daysLeft: number | undefined): number | undefined {
  return daysLeft === undefined ? undefined : THRESHOLDS.findLast((threshold) => daysLeft < threshold);
}
