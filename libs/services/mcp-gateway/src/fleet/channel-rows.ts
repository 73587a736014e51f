import type { ChannelState, DeliveryReceipt } from '@proxmox-mcp/schemas';
import { receiptRow } from './told.ts';

/**
 * How each way out is doing, by name: what the notifier says of it, and its receipts since `since` counted. `receipts` newest first.
 */
export function channelRows(
  channels: readonly ChannelState[],
  receipts: readonly DeliveryReceipt[],
  since: string,
): Record<string, unknown>[] {
  return channels
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map((channel) => {
      const own = receipts.filter((receipt) => receipt.channel === channel.name);
      const recent = own.filter(({ at }) => at >= since);
      const failed = own.find(({ status }) => status === 'failed');
      const count = (status: DeliveryReceipt['status'], of: readonly DeliveryReceipt[]) =>
        of.filter((receipt) => receipt.status === status).length;
      return {
        channel: channel.name,
        enabled: channel.enabled,
        status: channel.status,
        ...(channel.lastOkAt === undefined ? {} : { last_ok: channel.lastOkAt }),
        ...(channel.lastFailureReason === undefined ? {} : { last_refusal: channel.lastFailureReason }),
        ...(failed === undefined ? {} : { last_failed: receiptRow(failed) }),
        // Whatever its age: what waits is owed.
        queued: count('pending', own),
        sent: count('sent', recent),
        failed: count('failed', recent),
        suppressed: count('suppressed', recent),
      };
    });
}
