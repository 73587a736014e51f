import type { DeliveryReceipt, Notification, Severity } from '@proxmox-mcp/schemas';

/** What became of a notification, as far as it is known now. */
export interface Outcome {
  readonly status: DeliveryReceipt['status'];
  /** Small fixed word; none for `sent`. */
  readonly reason?: string | undefined;
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly firstAttemptAt?: number | undefined;
  readonly remoteId?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly heldUntil?: number | undefined;
  /** Id of the notification that tells it instead. */
  readonly via?: string | undefined;
}

/** Writes the receipt of a notification. */
export function receiptOf(
  notification: Pick<Notification, 'id' | 'channel' | 'incidentId'> & { readonly severity?: Severity },
  outcome: Outcome,
  now: number,
): DeliveryReceipt {
  return {
    id: notification.id,
    channel: notification.channel,
    ...(notification.incidentId === undefined ? {} : { incidentId: notification.incidentId }),
    ...(notification.severity === undefined ? {} : { severity: notification.severity }),
    status: outcome.status,
    ...(outcome.reason === undefined ? {} : { reason: outcome.reason.slice(0, 200) }),
    attempts: outcome.attempts,
    ...(outcome.firstAttemptAt === undefined
      ? {}
      : { firstAttemptAt: new Date(outcome.firstAttemptAt).toISOString() }),
    ...(outcome.remoteId === undefined ? {} : { remoteId: outcome.remoteId.slice(0, 200) }),
    ...(outcome.heldUntil === undefined ? {} : { heldUntil: new Date(outcome.heldUntil).toISOString() }),
    ...(outcome.via === undefined ? {} : { via: outcome.via }),
    at: new Date(now).toISOString(),
  };
}
