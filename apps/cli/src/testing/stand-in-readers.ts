import {
  normalizeNotification,
  type NormalizeOptions,
  type NotificationInput,
} from '@proxmox-mcp/proxmox-events';
import type { InventorySource, NormalizeResult } from '@proxmox-mcp/schemas';
import type { Reader } from '../commands/normalize.ts';

// Cut the notification out of recorded mails and chat messages, for tests of what becomes of it. The readers of the services
// take their place as they come: they read anything, these read what the scenarios hold.

export const STAND_INS: Readonly<Record<string, Reader>> = {
  email: { channel: 'email', read: readMail },
  discord: { channel: 'discord', read: readDiscord },
};

function readMail(raw: Buffer, options: NormalizeOptions): NormalizeResult {
  const [head = '', ...rest] = raw.toString('utf8').replaceAll('\r\n', '\n').split('\n\n');
  const header = (name: string) =>
    new RegExp(`^${name}:[ \\t]*(.*(?:\\n[ \\t].*)*)`, 'im').exec(head)?.[1]?.replace(/\n[ \t]+/g, ' ');
  const body = rest.join('\n\n');
  const boundary = /boundary="?([^"\s;]+)"?/.exec(header('Content-Type') ?? '')?.[1];
  const part = boundary === undefined ? body : (body.split(`--${boundary}`)[1] ?? '');
  const message = boundary === undefined ? part : part.slice(part.indexOf('\n\n') + 2);
  const senderHost = /@([A-Za-z0-9.-]+)>?\s*$/.exec(header('From') ?? '')?.[1];
  const known = sources(options).some(({ domain, nodes }) =>
    nodes.some(({ name }) => `${name}.${domain}` === senderHost),
  );
  return say(options, sources(options), {
    title: header('Subject') ?? '',
    message: message.replace(/\n$/, ''),
    timestamp: Math.floor(Date.parse(header('Date') ?? '') / 1000),
    ...(known && senderHost !== undefined ? { senderHost } : {}),
  });
}

interface DiscordMessage {
  readonly content: string;
  readonly timestamp: string;
  readonly channel_id: string;
  readonly embeds: readonly {
    readonly title: string;
    readonly description: string;
    readonly timestamp: string;
    readonly fields: readonly { readonly name: string; readonly value: string }[];
  }[];
}

function readDiscord(raw: Buffer, options: NormalizeOptions): NormalizeResult {
  const { content, timestamp, channel_id: channel, embeds } = JSON.parse(raw.toString()) as DiscordMessage;
  const route = routed(options, options.inventory?.discord?.channels?.[channel]);
  const [embed] = embeds;
  const at = (text: string) => Math.floor(Date.parse(text) / 1000);
  if (embed === undefined)
    return say(options, route, {
      title: '',
      message: content,
      timestamp: at(timestamp),
      truncated: content.startsWith('```') && !content.endsWith('```'),
    });
  const { severity, ...fields } = Object.fromEntries(embed.fields.map(({ name, value }) => [name, value]));
  const { title, description: message } = embed;
  return say(options, route, {
    title,
    message,
    timestamp: at(embed.timestamp),
    fields,
    ...(severity === undefined ? {} : { severity }),
  });
}

const sources = ({ inventory }: NormalizeOptions): readonly InventorySource[] => inventory?.sources ?? [];

const routed = (options: NormalizeOptions, ids: readonly string[] = []) =>
  sources(options).filter(({ id }) => ids.includes(id));

function say(
  _: NormalizeOptions,
  route: readonly InventorySource[],
  input: NotificationInput,
): NormalizeResult {
  const [first, ...rest] = route;
  if (first === undefined) return { reject: true, reason: 'unknown-source' };
  return normalizeNotification(input, { sources: [first, ...rest] });
}
