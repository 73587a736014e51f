import type { Incident, Notification, Severity } from '@proxmox-mcp/schemas';
import { cutBytes } from '../../text.ts';
import type { ActLink } from '../channel.ts';

/** Shown in every Home Assistant, without a phone. */
export const PERSISTENT = 'persistent_notification';

/** Push services carry 4 KiB with everything; the frontend carries what we write. */
const MAX_PUSH_BYTES = 1_500;
const MAX_TITLE_BYTES = 300;
const MAX_BODY_BYTES = 8_000;

/** Apple's words: what may break a silence, what rings, what only lies there. */
const INTERRUPTION: Readonly<Record<Severity, string>> = {
  info: 'passive',
  notice: 'passive',
  warning: 'active',
  error: 'time-sensitive',
  critical: 'time-sensitive',
};

/** The body of `notify.<service>`. One tag per thread: a later message takes the place of the earlier one. Pure. */
export function renderNotify(notification: Notification, service: string, links: readonly ActLink[] = []) {
  const { title, body, severity, kind, link, id, thread } = notification;
  const tag = thread ?? id;
  const escape = service === PERSISTENT ? escapeMarkdown : escapeTags;
  const isUrgent = kind !== 'resolved' && (severity === 'critical' || severity === 'error');
  return {
    title: escape(cutBytes(title, MAX_TITLE_BYTES)),
    message: escape(cutBytes(body, service === PERSISTENT ? MAX_BODY_BYTES : MAX_PUSH_BYTES)),
    data: {
      tag,
      notification_id: tag,
      group: 'proxmox-mcp',
      // Android names it clickAction, iOS url.
      ...(link === undefined ? {} : { url: link, clickAction: link }),
      ...(isUrgent ? { ttl: 0, priority: 'high' } : {}),
      push: { 'interruption-level': kind === 'resolved' ? 'active' : INTERRUPTION[severity] },
      ...(links.length === 0
        ? {}
        : { actions: links.map(({ label, url }) => ({ action: 'URI', title: label, uri: url })) }),
    },
  };
}

/** The data of the event, for automations. Pure. */
export function renderEvent(notification: Notification, incident: Incident | undefined) {
  const { id, kind, severity, title, link, incidentId } = notification;
  return {
    id,
    kind,
    severity,
    title,
    ...(link === undefined ? {} : { link }),
    ...(incidentId === undefined ? {} : { incident_id: incidentId }),
    ...(incident === undefined
      ? {}
      : {
          condition: incident.condition,
          status: incident.status,
          cluster: incident.cluster,
          node: incident.node,
          guest: incident.guest,
          storage: incident.storage,
        }),
  };
}

/** The frontend reads Markdown: a guest named `[x](http://…)` must not become a link. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\*_~`|>#[\]()<!]/g, '\\$&').replace(/\n/g, '  \n');
}

/** The Android app reads HTML and knows no escape that iOS would not show. */
function escapeTags(text: string): string {
  return text.replace(/</g, '‹').replace(/>/g, '›');
}
