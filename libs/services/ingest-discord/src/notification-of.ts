import { oneLine, type NotificationInput } from '@proxmox-mcp/proxmox-events';
import type { DiscordMessage, Embed } from './message.ts';
import { timeOf } from './snowflake.ts';

/** Names of notification fields (PROXMOX §C.2), and what people call them in embeds. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  type: 'type',
  hostname: 'hostname',
  host: 'hostname',
  node: 'hostname',
  'job-id': 'job-id',
  job: 'job-id',
  datastore: 'datastore',
  'media-pool': 'media-pool',
};
/** Discord refuses longer contents; a relay that cuts stays a little below. */
const NEARLY_FULL = { content: 1_980, description: 4_076 };
const FENCE = '```';
/** An embed's field holds 1,024 characters, its title fewer. */
const MAX_LINE = 1_024;

/** A message as a notification; `colour` is the severity its embed's colour hints at, where it has no word for it. */
export interface ReadMessage {
  readonly input: NotificationInput;
  readonly colour?: 'warning' | 'error';
}

/**
 * Reads what a webhook target wrote: the documented template (the message in a fence, nothing else), a title above such a
 * fence, or an embed with title, description and fields.
 */
export function notificationOf(message: DiscordMessage): ReadMessage {
  // What Discord itself adds for links is of other types.
  const embed = message.embeds.find(({ type }) => type === undefined || type === 'rich');
  const { title, text } = titleAndText(message.content, embed);
  const fields = fieldsOf(embed);
  const severity = fieldNamed(embed, 'severity')?.toLowerCase();
  const colour = severity === undefined ? hintOf(embed?.color) : undefined;
  return {
    input: {
      title,
      message: text,
      timestamp: Math.floor(timeOfMessage(message, embed) / 1000),
      truncated:
        isCut(message.content, NEARLY_FULL.content) ||
        isCut(embed?.description ?? '', NEARLY_FULL.description),
      ...(severity === undefined ? {} : { severity }),
      ...(Object.keys(fields).length === 0 ? {} : { fields }),
    },
    ...(colour === undefined ? {} : { colour }),
  };
}

function titleAndText(
  content: string,
  embed: Embed | undefined,
): { readonly title: string; readonly text: string } {
  const { title, description } = embed ?? {};
  if (description !== undefined) return { title: plain(title ?? content), text: description };
  const fence = content.indexOf(FENCE);
  if (title !== undefined) return { title: plain(title), text: fence < 0 ? content : content.slice(fence) };
  const head = fence < 0 ? '' : content.slice(0, fence).trim();
  return head === ''
    ? { title: '', text: content }
    : { title: plain(head.split('\n', 1)[0] ?? ''), text: content.slice(fence) };
}

/** One line without the Markdown around it: `**title**`, `## title`, `` `value` ``. */
function plain(text: string): string {
  return oneLine(text, MAX_LINE)
    .replace(/^[\s*#>`]{1,20}/, '')
    .replace(/[\s*`]{1,20}$/, '');
}

function fieldsOf(embed: Embed | undefined): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const { name, value } of embed?.fields ?? []) {
    const key = nameOf(name);
    const known = Object.hasOwn(FIELD_NAMES, key) ? FIELD_NAMES[key] : undefined;
    const text = plain(value);
    // Of equal ones the first: a later field must not overrule what the reader saw on top.
    if (known !== undefined && text !== '' && fields[known] === undefined) fields[known] = text;
  }
  return fields;
}

function fieldNamed(embed: Embed | undefined, wanted: string): string | undefined {
  const field = embed?.fields?.find(({ name }) => nameOf(name) === wanted);
  const text = field === undefined ? '' : plain(field.value);
  return text === '' ? undefined : text.slice(0, 40);
}

const nameOf = (name: string) => plain(name).toLowerCase().replace(/:$/, '').replace(/[ _]/g, '-');

/** The embed's own time is that of the notification; else when Discord took the message. In epoch milliseconds. */
function timeOfMessage({ id, timestamp }: DiscordMessage, embed: Embed | undefined): number {
  const said = [embed?.timestamp, timestamp]
    .map((text) => Date.parse(text ?? ''))
    .find((ms) => !Number.isNaN(ms));
  return said ?? timeOf(id);
}

/** A fence that nobody closed, or a text that ends where Discord would have refused more. */
function isCut(text: string, nearlyFull: number): boolean {
  const opened = text.split(FENCE).length % 2 === 0;
  return opened || text.length >= nearlyFull || text.endsWith('…');
}

/** Red and orange are alarms the world over. Other colours say nothing: a template has one colour for everything. */
function hintOf(color: number | undefined): 'warning' | 'error' | undefined {
  if (color === undefined || color < 0 || color > 0xffffff) return undefined;
  const [red, green, blue] = [(color >> 16) & 0xff, (color >> 8) & 0xff, color & 0xff];
  if (red < 0x80 || blue > red / 2) return undefined;
  if (green < red * 0.4) return 'error';
  return green < red * 0.9 ? 'warning' : undefined;
}
