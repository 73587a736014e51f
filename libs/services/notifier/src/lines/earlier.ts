import type { Notification } from '@proxmox-mcp/schemas';
import type { Earlier } from '../channels/channel.ts';
import type { Receipts } from '../receipts.ts';
import { openingIdOf } from '../stages/dedup.ts';

/** What a channel was told before about what a notification ends: its opening, where the channel gave it an id. */
export async function earlierOf(
  notification: Notification,
  channel: string,
  receipts: Pick<Receipts, 'get'>,
): Promise<Earlier | undefined> {
  const openingId = openingIdOf(notification.id, channel);
  if (openingId === undefined) return undefined;
  const remoteId = (await receipts.get(openingId))?.remoteId;
  return remoteId === undefined ? undefined : { remoteId };
}
