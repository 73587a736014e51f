import { normalizeNotification, type NotificationRoute } from '@proxmox-mcp/proxmox-events';
import type { NormalizeResult } from '@proxmox-mcp/schemas';
import type { DiscordMessage } from './message.ts';
import { notificationOf } from './notification-of.ts';

/** Turns an admitted message into what happened. A message is itself by its id, however often it is read (PROXMOX §G.5). */
export function normalizeMessage(message: DiscordMessage, route: NotificationRoute): NormalizeResult {
  const { input, colour } = notificationOf(message);
  const read = normalizeNotification(input, route);
  const result =
    colour !== undefined && isUndecided(read)
      ? normalizeNotification({ ...input, severity: colour }, route)
      : read;
  if (!('events' in result)) return result;
  return {
    ...result,
    events: result.events.map((draft, index) => ({
      ...draft,
      facts: { ...draft.facts, discord_id: message.id },
      identity: `message ${message.id}/${index}`,
    })),
  };
}

/** Neither words nor fields say how it ended: then the colour of an embed may. */
function isUndecided(result: NormalizeResult): boolean {
  return (
    'events' in result &&
    result.events.every(({ type }) => type.endsWith('.unknown') || type === 'notification.unmapped')
  );
}
