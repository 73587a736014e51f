import { readFileSync } from 'node:fs';
import { normalizeInput as normalizeDiscord } from '@proxmox-mcp/ingest-discord';
import { normalizeInput as normalizeEmail } from '@proxmox-mcp/ingest-email';
import { normalizeInput as normalizeGotify } from '@proxmox-mcp/ingest-gotify';
import { finishEvents } from '@proxmox-mcp/ingest-kit';
import { normalizeInput as normalizeNtfy } from '@proxmox-mcp/ingest-ntfy';
import { normalizeInput as normalizeSyslog } from '@proxmox-mcp/ingest-syslog';
import { normalizeInput as normalizeWebhook } from '@proxmox-mcp/ingest-webhook';
import { normalizeTask, normalizeTaskLog, type NormalizeOptions } from '@proxmox-mcp/proxmox-events';
import { Inventory, type Channel, type Event, type NormalizeResult } from '@proxmox-mcp/schemas';

/** When the last way has told of the night, in milliseconds since the epoch. */
export const TOLD_AT = 1_773_450_475_000;

/** One way by which the failed backup of one night is told. */
interface Way {
  readonly word: string;
  readonly channel: Channel;
  readonly file: string;
  readonly read: (raw: Buffer, options: NormalizeOptions) => NormalizeResult | Promise<NormalizeResult>;
  readonly context?: Readonly<Record<string, unknown>>;
  /** The same thing told once more: what the sender or the server changes then. A poll finds what it found before. */
  readonly again: (raw: Buffer, copy: number) => Buffer;
}

const json = (raw: Buffer) => JSON.parse(raw.toString()) as Record<string, unknown>;
const stamped = (key: string, of: (copy: number) => unknown) => (raw: Buffer, copy: number) =>
  Buffer.from(JSON.stringify({ ...json(raw), [key]: of(copy) }));
const polled = (raw: Buffer) => raw;

const EVENTS = 'libs/proxmox-events/testcases';
const caseOf = (word: string, name: string) => `libs/services/ingest-${word}/testcases/${word}/${name}`;

/** The one inventory names no topics. */
const INVENTORY = 'apps/cli/testcases/inventory.json';
const NTFY_INVENTORY = 'libs/services/ingest-ntfy/testcases/inventory.json';

const WAYS: readonly Way[] = [
  {
    word: 'task',
    channel: 'api',
    file: `${EVENTS}/task/vzdump-job-failed.json`,
    read: normalizeTask,
    again: polled,
  },
  {
    word: 'task-log',
    channel: 'api',
    file: `${EVENTS}/task-log/vzdump-job-errors.log`,
    read: normalizeTaskLog,
    context: json(readFileSync(`${EVENTS}/task-log/vzdump-job-errors.context.json`)),
    again: polled,
  },
  {
    word: 'syslog',
    channel: 'syslog',
    file: caseOf('syslog', 'pve-task-end-vzdump-failed.log'),
    read: normalizeSyslog,
    // Another relay, which writes the line in its own facility.
    again: (raw, copy) => Buffer.from(raw.toString().replace('<27>', `<${(copy % 24) * 8 + 3}>`)),
  },
  {
    word: 'webhook',
    channel: 'webhook',
    file: caseOf('webhook', 'vzdump-failed.json'),
    read: normalizeWebhook,
    // Sent again by whoever stands between: the body says so.
    again: (raw, copy) => {
      const request = json(raw);
      const body = json(Buffer.from(String(request['body'])));
      const fields = { ...(body['fields'] as object), attempt: String(copy) };
      return Buffer.from(JSON.stringify({ ...request, body: JSON.stringify({ ...body, fields }) }));
    },
  },
  {
    word: 'email',
    channel: 'email',
    file: caseOf('email', 'vzdump-failed-smtp-target.eml'),
    read: normalizeEmail,
    again: (raw, copy) => Buffer.concat([Buffer.from(`Message-ID: <resent-${copy}@example.net>\n`), raw]),
  },
  {
    word: 'gotify',
    channel: 'gotify',
    file: caseOf('gotify', 'stream-vzdump-failed.json'),
    read: normalizeGotify,
    again: stamped('id', (copy) => 4_711 + copy),
  },
  {
    word: 'ntfy',
    channel: 'ntfy',
    file: caseOf('ntfy', 'docs-example-vzdump-failed.json'),
    read: normalizeNtfy,
    again: stamped('id', (copy) => `hwQ2YpKd${String(copy).padStart(4, '0')}`),
  },
  {
    word: 'discord',
    channel: 'discord',
    file: caseOf('discord', 'webhook-embed-vzdump-failed.json'),
    read: normalizeDiscord,
    again: stamped('id', (copy) => String(1_340_000_000_000_000_102n + BigInt(copy))),
  },
];

/** Words of the ways, in the order in which they tell. */
export const WORDS: readonly string[] = WAYS.map(({ word }) => word);

/**
 * The failed backup of one night, told `times` times by the eight ways in turn, read as the product reads them. Each way tells some of
 * it with ids it has told before and some with fresh ones.
 *
 * @param copies fresh tellings of each way; then it begins again.
 */
export async function tellNight(times: number, copies: number): Promise<Event[]> {
  const { ntfy } = json(readFileSync(NTFY_INVENTORY));
  const inventory = Inventory.parse({ ...json(readFileSync(INVENTORY)), ntfy });
  const told = await Promise.all(
    WAYS.map(async ({ word, channel, file, read, context, again }) => {
      const original = readFileSync(file);
      const byCopy: Event[][] = [];
      for (let copy = 0; copy < copies; copy++) {
        const raw = again(original, copy);
        const options = { receivedAt: TOLD_AT, inventory, ...(context && { context }) };
        const result = await read(raw, options);
        if (!('events' in result)) throw new Error(`${word}: ${JSON.stringify(result)}`);
        byCopy.push(finishEvents(result.events, { channel, source: word, receivedAt: TOLD_AT, raw }));
      }
      return byCopy;
    }),
  );
  return Array.from({ length: times }, (_, time) => {
    const copy = Math.floor(time / WAYS.length) % copies;
    return told[time % WAYS.length]?.[copy] ?? [];
  }).flat();
}
