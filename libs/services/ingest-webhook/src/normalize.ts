import { createHash } from 'node:crypto';
import { normalizeNotification, type NotificationInput } from '@proxmox-mcp/proxmox-events';
import type { InventorySource, NormalizeResult } from '@proxmox-mcp/schemas';

/**
 * Turns a notification into what happened. The same title, message, severity, timestamp and fields are the same delivery
 * (PROXMOX §C.4), however a proxy re-sends them.
 */
export function normalizeDelivery(input: NotificationInput, source: InventorySource): NormalizeResult {
  const result = normalizeNotification(input, { sources: [source] });
  if ('reject' in result) return { ...result, http_status: 400 };
  // Without a time of its own, tomorrow's equal message would have today's identity.
  if (!('events' in result) || input.timestamp === undefined) return result;
  const identity = contentHash(input);
  return {
    ...result,
    events: result.events.map((draft, index) => ({ ...draft, identity: `${identity}/${index}` })),
  };
}

function contentHash({ title, message, severity, timestamp, fields }: NotificationInput): string {
  const sorted = Object.entries(fields ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const content = JSON.stringify([title, message, severity ?? null, timestamp ?? null, sorted]);
  return createHash('sha256').update(content).digest('base64url');
}
