import type { DeliveryReceipt, Incident, IncidentTransition } from '@proxmox-mcp/schemas';

/** How often an incident was reopened: each time is a new episode, which is told again. */
export function episodeOf(incident: Incident): number {
  return incident.timeline.filter((entry) => entry.what === 'reopened').length;
}

/** Idempotency key of one notification: the same transition of the same episode always has the same one. */
export function notificationId(incident: Incident, transition: IncidentTransition, channel: string): string {
  const episode = episodeOf(incident);
  return `${incident.id}-${transition}${episode === 0 ? '' : `-r${episode}`}-${channel}`;
}

/** The opening's key that belongs to a resolution's key, `undefined` for any other notification. */
export function openingIdOf(resolutionId: string, channel: string): string | undefined {
  // Incident ids may hold dashes and words like ours: only the end of the key is read.
  const match = /^(.+)-resolved(-r\d{1,4})?$/.exec(resolutionId.slice(0, -(channel.length + 1)));
  return match === null ? undefined : `${match[1]}-opened${match[2] ?? ''}-${channel}`;
}

/** Idempotency key of a further message about the same opening, one per step of a ladder. */
export function stepId(incident: Incident, step: number, channel: string): string {
  const episode = episodeOf(incident);
  return `${incident.id}-step${step}${episode === 0 ? '' : `-r${episode}`}-${channel}`;
}

/** Reasons for which an opening was told to nobody that can pass: then it is told after all, under the same key. */
const PASSING: readonly (string | undefined)[] = [
  'incident-suppressed',
  'below-min-severity',
  'no-route',
  'snoozed',
];

/**
 * Whether an opening goes on to its channel. `again` after a crash between recording and publishing: harmless. `held` waits for a
 * time; `revived` was told to nobody for a reason that may have passed.
 */
export function dedupOpening(
  receipt: DeliveryReceipt | undefined,
): 'first' | 'again' | 'held' | 'revived' | 'settled' {
  if (receipt === undefined) return 'first';
  if (receipt.status === 'suppressed') return PASSING.includes(receipt.reason) ? 'revived' : 'settled';
  if (receipt.status !== 'pending' || receipt.via !== undefined) return 'settled';
  return receipt.heldUntil === undefined ? 'again' : 'held';
}

/** Whether a resolution is owed to a channel: exactly when the opening was sent to it. */
export type Owed =
  | { readonly kind: 'owed' }
  /** The opening is on its way: ask again once it is settled. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'not-owed'; readonly reason: 'no-opening' | 'opening-not-sent' };

/** Reads from the opening's receipt whether its resolution is owed. */
export function resolutionOwed(opening: DeliveryReceipt | undefined): Owed {
  if (opening === undefined) return { kind: 'not-owed', reason: 'no-opening' };
  switch (opening.status) {
    case 'sent':
      return { kind: 'owed' };
    case 'pending':
      return { kind: 'wait' };
    case 'failed':
    case 'suppressed':
      return { kind: 'not-owed', reason: 'opening-not-sent' };
  }
}
