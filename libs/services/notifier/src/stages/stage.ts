/**
 * Why a stage decided as it did. Pinned: receipts, metrics and `routes test` carry these words.
 */
export const REASONS = [
  // route
  'matched',
  'no-route',
  'below-min-severity',
  // group
  'complete',
  'group-wait',
  // inhibit
  'not-inhibited',
  'resolved-before-sent',
  'incident-suppressed',
  // silence
  'not-silenced',
  'silenced',
  'snoozed',
  // quiet-hours
  'not-quiet',
  'critical',
  'quiet-hours',
  'digest',
  // dedup
  'first',
  'again',
  'held',
  'settled',
  'revived',
  // throttle
  'within-rate',
  'throttled',
  // render
  'rendered',
  'plain',
  // send
  'channel-on',
  'channel-off',
  // record
  'no-opening',
  'opening-not-sent',
  'in-digest',
  'told-in-digest',
] as const;
export type Reason = (typeof REASONS)[number];

/** What a stage says about telling somebody of an incident. */
export type Outcome =
  | { readonly kind: 'pass'; readonly reason: Reason; readonly detail?: string | undefined }
  | { readonly kind: 'suppress'; readonly reason: Reason; readonly detail?: string | undefined }
  | Hold;

/** Not now. */
export interface Hold {
  readonly kind: 'hold';
  readonly reason: Reason;
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** Told together with whatever else was held; otherwise looked at anew. */
  readonly digest: boolean;
  /** Id of the silence that holds it: when that is ended early, so is the wait. */
  readonly silence?: string | undefined;
  readonly detail?: string | undefined;
}

/** Lets it go on. */
export function pass(reason: Reason, detail?: string): Outcome {
  return { kind: 'pass', reason, detail };
}

/** Tells nobody. */
export function suppress(reason: Reason, detail?: string): Outcome {
  return { kind: 'suppress', reason, detail };
}
