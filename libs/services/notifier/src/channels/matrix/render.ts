import type { Notification } from '@proxmox-mcp/schemas';
import { cutBytes } from '../../text.ts';
import type { ActLink, Earlier } from '../channel.ts';
import { escapeHtml } from '../escape-html.ts';

/** An event has 65,536 bytes at most; text and HTML escape to six times as much at worst. */
const MAX_BODY_BYTES = 4_000;
const MAX_TITLE_BYTES = 500;

/**
 * Content of an `m.room.message`; with an earlier one the content that replaces it. `m.text` and not `m.notice`, for which
 * clients do not ring. Pure.
 */
export function renderMatrix(notification: Notification, links: readonly ActLink[] = [], earlier?: Earlier) {
  const title = cutBytes(notification.title, MAX_TITLE_BYTES);
  const content = messageOf(notification, title, links);
  if (earlier === undefined) return content;
  return {
    msgtype: 'm.text',
    // For clients that know no edits.
    body: `* ${title}`,
    'm.new_content': content,
    'm.relates_to': { rel_type: 'm.replace', event_id: earlier.remoteId },
    'm.mentions': {},
  };
}

function messageOf({ body, link }: Notification, title: string, links: readonly ActLink[]) {
  const text = cutBytes(body, MAX_BODY_BYTES);
  const addresses = [...(link === undefined ? [] : [{ label: 'Open incident', url: link }]), ...links];
  const shown = addresses.map(({ label, url }) => `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`);
  return {
    msgtype: 'm.text',
    body: [title, text, ...addresses.map(({ label, url }) => `${label}: ${url}`)].join('\n'),
    format: 'org.matrix.custom.html',
    formatted_body: [
      `<strong>${escapeHtml(title)}</strong>`,
      escapeHtml(text).replace(/\n/g, '<br>'),
      ...(shown.length === 0 ? [] : [shown.join(' · ')]),
    ].join('<br>'),
    // Whatever a guest is called, nobody is pinged (MSC 3952).
    'm.mentions': {},
  };
}
