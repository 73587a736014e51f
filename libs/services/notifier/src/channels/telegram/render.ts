import type { Notification } from '@proxmox-mcp/schemas';
import { cutText } from '../../text.ts';
import type { ActLink } from '../channel.ts';
import { escapeHtml } from '../escape-html.ts';

/** Telegram's limit in characters, counted after the markup is read. */
const MAX_TEXT = 4_096;
const MAX_BODY = 3_400;
const MAX_LINK_CHARS = 1_000;

/**
 * The text of a message in Telegram's HTML. Links stand in the text and not on buttons: a button with an address that Telegram
 * does not like, such as a host name without a dot, makes it refuse the whole message. Pure.
 */
export function renderTelegram(notification: Notification, links: readonly ActLink[] = []): string {
  const { title, body, link } = notification;
  const addresses = [...(link === undefined ? [] : [{ label: 'Open incident', url: link }]), ...links].filter(
    ({ url }) => url.length <= MAX_LINK_CHARS,
  );
  const shown = addresses.map(({ label, url }) => `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`);
  return [
    `<b>${escapeHtml(cutText(title, MAX_TEXT - MAX_BODY - 100))}</b>`,
    escapeHtml(cutText(body, MAX_BODY)),
    ...(shown.length === 0 ? [] : [shown.join(' · ')]),
  ].join('\n');
}
