import { OWN_NOTIFICATION, type Notification, type Severity } from '@proxmox-mcp/schemas';

/** Clients are silent below 4, ring from 4 and insist from 8 (Android client's documented bands). */
const PRIORITY: Readonly<Record<Severity, number>> = {
  info: 1,
  notice: 3,
  warning: 5,
  error: 8,
  critical: 10,
};

/** The JSON body of POST /message. Pure. */
export function renderGotify(notification: Notification) {
  const { title, body, severity, link, id, kind, incidentId } = notification;
  return {
    title,
    message: link === undefined ? body : `${body}\nLink: ${link}`,
    priority: PRIORITY[severity],
    extras: {
      'client::display': { contentType: 'text/plain' },
      ...(link === undefined ? {} : { 'client::notification': { click: { url: link } } }),
      // Gotify takes no idempotency key; with this a reader can tell a message sent twice, and our own from others'.
      [OWN_NOTIFICATION.gotifyExtra]: { id, kind, ...(incidentId === undefined ? {} : { incidentId }) },
    },
  };
}
