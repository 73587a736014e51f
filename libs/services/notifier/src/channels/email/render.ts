import { hash } from 'node:crypto';
import { OWN_NOTIFICATION, type Notification, type Severity } from '@proxmox-mcp/schemas';
import type { ActLink, Earlier } from '../channel.ts';
import { escapeHtml } from '../escape-html.ts';

const COLOR: Readonly<Record<Severity, string>> = {
  info: '#3b82f6',
  notice: '#14b8a6',
  warning: '#f59e0b',
  error: '#dc2626',
  critical: '#7f1d1d',
};
const RESOLVED_COLOR = '#16a34a';

/** What a mail is made of beside the notification. */
export interface MailParts {
  /** Domain of our Message-IDs. */
  readonly domain: string;
  readonly earlier?: Earlier | undefined;
  readonly links?: readonly ActLink[];
}

/**
 * The mail, without its sender and recipients. All mails of a thread refer to one root that was never sent, so that programs
 * show them together also where the opening was deleted. Pure.
 */
export function renderEmail(notification: Notification, { domain, earlier, links = [] }: MailParts) {
  const { id, title, body, severity, kind, link, thread, createdAt } = notification;
  const root = thread === undefined ? undefined : `<thread.${tokenOf(thread)}@${domain}>`;
  const references = [root, earlier?.remoteId].filter((reference) => reference !== undefined);
  const answered = references.at(-1);
  const addresses = [...(link === undefined ? [] : [{ label: 'Open', url: link }]), ...links];
  return {
    messageId: messageIdOf(id, domain),
    ...(answered === undefined ? {} : { references, inReplyTo: answered }),
    date: new Date(createdAt),
    subject: title,
    text: [body, '', ...addresses.map(({ label, url }) => `${label}: ${url}`)].join('\n').trimEnd() + '\n',
    html: htmlOf({ title, body, color: kind === 'resolved' ? RESOLVED_COLOR : COLOR[severity], addresses }),
    priority: severity === 'critical' && kind !== 'resolved' ? ('high' as const) : ('normal' as const),
    headers: {
      // Our own way in ignores it by this, and nobody's absence assistant answers (RFC 3834).
      [OWN_NOTIFICATION.mailHeader]: id,
      'Auto-Submitted': 'auto-generated',
    },
  };
}

/** Message-ID of a notification: the same for every attempt, so that mail programs and servers can tell a repeat. */
export function messageIdOf(id: string, domain: string): string {
  return `<${tokenOf(id)}@${domain}>`;
}

/** Text as the left side of a Message-ID; what does not fit is hashed. */
function tokenOf(text: string): string {
  return /^[A-Za-z0-9_-]{1,100}$/.test(text) ? text : hash('sha256', text, 'hex');
}

function htmlOf(parts: {
  readonly title: string;
  readonly body: string;
  readonly color: string;
  readonly addresses: readonly ActLink[];
}): string {
  const lines = parts.body.split('\n').map((line) => {
    const label = /^[A-Z][a-z]{1,12}:/.exec(line)?.[0] ?? '';
    return `${label === '' ? '' : `<b>${label}</b>`}${escapeHtml(line.slice(label.length))}`;
  });
  const links = parts.addresses.map(
    ({ label, url }) => `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`,
  );
  return [
    `<div style="border-left:4px solid ${parts.color};padding:4px 12px;font-family:sans-serif">`,
    `<p style="font-weight:bold">${escapeHtml(parts.title)}</p>`,
    `<p>${lines.join('<br>\n')}</p>`,
    ...(links.length === 0 ? [] : [`<p>${links.join(' · ')}</p>`]),
    '</div>',
  ].join('\n');
}
