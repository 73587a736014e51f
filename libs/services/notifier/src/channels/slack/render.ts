import type { Notification } from '@proxmox-mcp/schemas';
import { cutText } from '../../text.ts';
import type { ActLink } from '../channel.ts';

/** Slack's limit of a section's text in characters. */
const MAX_SECTION = 3_000;

/**
 * A message for incoming webhooks and chat.postMessage. The sections are plain text, in which nothing of what strangers wrote is
 * a link, a mention or a format; `text` is what phones show. Pure.
 */
export function renderSlack(notification: Notification, links: readonly ActLink[] = []) {
  const { title, body, link } = notification;
  const addresses = [...(link === undefined ? [] : [{ label: 'Open incident', url: link }]), ...links];
  const linkLine = addresses.map(({ label, url }) => `<${escapeUrl(url)}|${escapeText(label)}>`).join(' · ');
  return {
    text: escapeText(title),
    mrkdwn: false,
    // Previews would fetch the links.
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'section', text: plain(title) },
      { type: 'section', text: plain(body === '' ? title : body) },
      ...(linkLine === '' || linkLine.length > MAX_SECTION
        ? []
        : [{ type: 'section', text: { type: 'mrkdwn', text: linkLine } }]),
    ],
  };
}

function plain(text: string) {
  return { type: 'plain_text', text: cutText(text, MAX_SECTION), emoji: false };
}

/** Slack's three control characters; without them there is no mention and no link. */
function escapeText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

function escapeUrl(url: string): string {
  return escapeText(url.replace(/\|/g, '%7C'));
}
