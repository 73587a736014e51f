import type { DeliveryReceipt, Notification } from '@proxmox-mcp/schemas';

/** What became of a notification, as far as it is known now. */
export interface Outcome {
  readonly status: DeliveryReceipt['status'];
  /** Small fixed word; none for `sent`. */
  readonly reason?: string | undefined;
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly firstAttemptAt?: number | undefined;
  readonly remoteId?: string | undefined;
}

/** Writes the receipt of a notification. */
export function receiptOf(
  notification: Pick<Notification, 'id' | 'channel' | 'incidentId'>,
  outcome: Outcome,
  now: number,
): DeliveryReceipt {
  return {
    id: notification.id,
    channel: notification.channel,
    ...(notification.incidentId === undefined ? {} : { incidentId: notification.incidentId }),
    status: outcome.status,
    ...(outcome.reason === undefined ? {} : { reason: outcome.reason.slice(0, 200) }),
    attempts: outcome.attempts,
    ...(outcome.firstAttemptAt === undefined
      ? {}
      : { firstAttemptAt: new Date(outcome.firstAttemptAt).toISOString() }),
    ...(outcome.remoteId === undefined ? {} : { remoteId: outcome.remoteId.slice(0, 200) }),
    at: new Date(now).toISOString(),
  };
}
