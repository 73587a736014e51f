import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { normalizeInput as normalizeGotify } from '@proxmox-mcp/ingest-gotify';
import { finishEvents } from '@proxmox-mcp/ingest-kit';
import { normalizeInput as normalizeNtfy } from '@proxmox-mcp/ingest-ntfy';
import { normalizeInput as normalizeDiscord } from '@proxmox-mcp/ingest-discord';
import { normalizeInput as normalizeEmail } from '@proxmox-mcp/ingest-email';
import { normalizeInput as normalizeSyslog } from '@proxmox-mcp/ingest-syslog';
import { normalizeInput as normalizeWebhook } from '@proxmox-mcp/ingest-webhook';
import {
  normalizeApiError,
  normalizePbsTask,
  normalizeResources,
  normalizeTask,
  normalizeTaskLog,
  type NormalizeOptions,
} from '@proxmox-mcp/proxmox-events';
import { Inventory, type Channel, type NormalizeResult } from '@proxmox-mcp/schemas';
import { UsageError, type Command } from '../command.ts';

/** Reads the raw inputs of one way in. */
export interface Reader {
  readonly channel: Channel;
  /** One that is heavy to load may load itself first. */
  readonly read: (raw: Buffer, options: NormalizeOptions) => NormalizeResult | Promise<NormalizeResult>;
}

/**
 * What can be read so far, by the word on the command line; the word that kept inputs name as their format. The one place that
 * lists them.
 */
export const READERS: Readonly<Record<string, Reader>> = {
  email: { channel: 'email', read: normalizeEmail },
  webhook: { channel: 'webhook', read: normalizeWebhook },
  gotify: { channel: 'gotify', read: normalizeGotify },
  ntfy: { channel: 'ntfy', read: normalizeNtfy },
  discord: { channel: 'discord', read: normalizeDiscord },
  syslog: { channel: 'syslog', read: normalizeSyslog },
  task: { channel: 'api', read: normalizeTask },
  'pbs-task': { channel: 'api', read: normalizePbsTask },
  'task-log': { channel: 'api', read: normalizeTaskLog },
  resources: { channel: 'api', read: normalizeResources },
  'api-error': { channel: 'api', read: normalizeApiError },
};

/** One raw input as the product understands it. */
export const normalize: Command = {
  name: 'normalize',
  usage: 'CHANNEL FILE [--context F] [--inventory F]',
  summary: `reads one raw input and prints what it says as JSON; channels: ${Object.keys(READERS).join(' ')}`,
  async run({ args, print }) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { context: { type: 'string' }, inventory: { type: 'string' } },
    });
    const [word = '', file] = positionals;
    const reader = READERS[word];
    if (reader === undefined)
      throw new UsageError(`unknown channel ${word}; there are ${Object.keys(READERS).join(', ')}`);
    if (file === undefined) throw new UsageError('FILE is missing');
    const raw = await readInput(file);
    const receivedAt = Date.now();
    const context = values.context === undefined ? undefined : await readJson(values.context);
    const inventory =
      values.inventory === undefined ? undefined : Inventory.parse(await readJson(values.inventory));
    const result = await reader.read(raw, {
      receivedAt,
      // A context file is an object by its format; what is in it is read key by key.
      ...(context === undefined ? {} : { context: context as Record<string, unknown> }),
      ...(inventory === undefined ? {} : { inventory }),
    });
    print(
      JSON.stringify(
        document(result, { channel: reader.channel, source: word, receivedAt, raw }),
        undefined,
        2,
      ),
    );
    return 0;
  },
};

function document(
  result: NormalizeResult,
  input: { channel: Channel; source: string; receivedAt: number; raw: Buffer },
): unknown {
  if (!('events' in result)) return result;
  return { ...result, events: finishEvents(result.events, input) };
}

async function readInput(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (err) {
    throw new UsageError(`${file} cannot be read`, { cause: err });
  }
}

async function readJson(file: string): Promise<unknown> {
  const raw = await readInput(file);
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch (err) {
    throw new UsageError(`${file} is not JSON`, { cause: err });
  }
}
