import type { Notification } from '@proxmox-mcp/schemas';

/** The JSON body: the notification as the bus carries it, under a version. Pure. */
export function renderWebhook(notification: Notification) {
  return { v: 1, ...notification };
}

/** The same as a CloudEvent in structured mode (CloudEvents 1.0.2, JSON format). Pure. */
export function renderCloudEvent(notification: Notification) {
  const { id, kind, incidentId, createdAt } = notification;
  return {
    specversion: '1.0',
    id,
    source: '/proxmox-mcp/notifier',
    type: `proxmox-mcp.notification.${kind}`,
    ...(incidentId === undefined ? {} : { subject: incidentId }),
    time: createdAt,
    datacontenttype: 'application/json',
    data: renderWebhook(notification),
  };
}
