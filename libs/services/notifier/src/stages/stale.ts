import type { DeliveryReceipt, Notification } from '@proxmox-mcp/schemas';

const MAX_AGE_MS = 4 * 86_400_000;

/**
 * Whether a notification that was never tried is too old to be news: it waited longer than a long weekend for a channel that was switched off
 * or a notifier that did not run. One that was tried is the retry policy's.
 *
 * @param now milliseconds since the epoch.
 */
export function isStale(
  notification: Notification,
  receipt: DeliveryReceipt | undefined,
  now: number,
): boolean {
  const tried = receipt !== undefined && receipt.attempts > 0;
  return !tried && now - Date.parse(notification.createdAt) > MAX_AGE_MS;
}
