import { OWN_NOTIFICATION, type Notification, type Severity } from '@proxmox-mcp/schemas';
import { cutText } from '../../text.ts';
import type { ActLink } from '../channel.ts';

const COLOR: Readonly<Record<Severity, number>> = {
  info: 0x3b82f6,
  notice: 0x14b8a6,
  warning: 0xf59e0b,
  error: 0xdc2626,
  critical: 0x7f1d1d,
};
const RESOLVED_COLOR = 0x16a34a;
/** Discord's limits in characters: content 2,000, embed description 4,096, embeds together 6,000. */
const MAX_CONTENT = 2_000;
const MAX_DESCRIPTION = 4_096;
const MAX_BUTTON_URL = 512;
/** Component types and the style of a button that only opens a link. */
const ACTION_ROW = 1;
const BUTTON = 2;
const LINK_STYLE = 5;

/**
 * The JSON body of Execute Webhook. The title is the content, because that is what a phone shows; the rest is one embed.
 * Pure.
 */
export function renderDiscord(notification: Notification, links: readonly ActLink[] = []) {
  const { title, body, severity, kind, link, id, createdAt } = notification;
  return {
    content: cutText(`**${escapeMarkdown(title)}**`, MAX_CONTENT),
    // Whatever a guest is called, nobody is pinged.
    allowed_mentions: { parse: [] },
    embeds: [
      {
        description: cutText(escapeMarkdown(body), MAX_DESCRIPTION),
        color: kind === 'resolved' ? RESOLVED_COLOR : COLOR[severity],
        timestamp: createdAt,
        // Tells a person who wrote it, and ingest-discord that it is no event.
        footer: { text: `${OWN_NOTIFICATION.discordFooter}${id}` },
        // `url` shows only on a title.
        ...(link === undefined ? {} : { title: 'Open incident', url: link }),
      },
    ],
    // Also when there are none: an end that is edited into its opening takes the buttons away.
    components: buttonRows(links.filter(({ url }) => url.length <= MAX_BUTTON_URL)),
  };
}

function buttonRows(links: readonly ActLink[]) {
  if (links.length === 0) return [];
  const components = links.map(({ label, url }) => ({ type: BUTTON, style: LINK_STYLE, label, url }));
  return [{ type: ACTION_ROW, components }];
}

/** Makes Markdown show as typed: a storage named `[x](http://…)` must not become a link. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\*_~`|>#[\]()<@]/g, '\\$&');
}
