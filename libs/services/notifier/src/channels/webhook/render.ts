import type { Notification } from '@proxmox-mcp/schemas';

/** The JSON body: the notification as the bus carries it, under a version. Pure. */
export function renderWebhook(notification: Notification) {
  return { v: 1, ...notification };
}
