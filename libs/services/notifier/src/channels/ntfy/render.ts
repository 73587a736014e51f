import { createHash } from 'node:crypto';
import { OWN_NOTIFICATION, type Notification, type Severity } from '@proxmox-mcp/schemas';
import { cutBytes } from '../../text.ts';
import type { ActLink } from '../channel.ts';

/** 1 min, 3 default, 5 max. */
const PRIORITY: Readonly<Record<Severity, number>> = {
  info: 2,
  notice: 3,
  warning: 4,
  error: 4,
  critical: 5,
};
/** The documented limit of 4,096 is taken as reached by exactly so many: the message becomes an attachment, or is refused. */
const MAX_MESSAGE_BYTES = 4_095;
/** The server reads less than twice the message size of JSON, escapes and all, and refuses more with 413. */
const MAX_JSON_BYTES = 8_191;
const MAX_TITLE_BYTES = 500;
const MAX_LINK_CHARS = 1_000;

/** The JSON document that is posted. Pure. */
export function renderNtfy(
  notification: Notification,
  topic: string,
  links: readonly ActLink[] = [],
): string {
  const { title, body, severity, kind, link, id, thread } = notification;
  const actions = links
    .filter(({ url }) => url.length <= MAX_LINK_CHARS)
    // The app itself posts: one tap, no page.
    .map(({ label, url }) => ({ action: 'http', label, url, method: 'POST', clear: false }));
  const write = (maxBytes: number) =>
    JSON.stringify({
      topic,
      title: cutBytes(title, MAX_TITLE_BYTES),
      message: cutBytes(body, maxBytes),
      priority: kind === 'resolved' ? 3 : PRIORITY[severity],
      // Prefixed, because bare words like `warning` turn into emoji. The last tells our own from others'.
      tags: [`kind-${kind}`, `severity-${severity}`, OWN_NOTIFICATION.ntfyTag],
      markdown: false,
      ...(link === undefined || link.length > MAX_LINK_CHARS ? {} : { click: link }),
      ...(actions.length === 0 ? {} : { actions }),
      // ntfy 2.16 replaces an older message of the same sequence: the end takes the place of the opening, and a message sent
      // twice shows once. Older servers ignore it.
      sequence_id: sequenceId(thread ?? id),
    });
  const whole = write(MAX_MESSAGE_BYTES);
  const size = Buffer.byteLength(whole);
  if (size <= MAX_JSON_BYTES) return whole;
  // Escapes at most sextuple a byte (\u0001), so a sixth of what is left after the rest always fits.
  const rest = Buffer.byteLength(write(0));
  return write(Math.floor((MAX_JSON_BYTES - rest) / 6));
}

/** Sequence ids have the form of topics; ours can be longer. */
function sequenceId(id: string): string {
  return /^[-_A-Za-z0-9]{1,64}$/.test(id) ? id : createHash('sha256').update(id).digest('hex');
}
