import { joinResults, readJson, type Refused } from '@proxmox-mcp/ingest-kit';
import { createHostIndex, type NormalizeOptions } from '@proxmox-mcp/proxmox-events';
import { Inventory, type NormalizeResult } from '@proxmox-mcp/schemas';
import { createGotifyApps } from './apps.ts';
import { normalizeMessage } from './normalize.ts';
import { Page, parsePosted, parseStored, type GotifyMessage } from './parse.ts';

/** Longer inputs are not read: a page of 200 messages of a megabyte each is none that we would ask for. */
const MAX_BYTES = 32 * 1024 * 1024;
const PLACE = ['id', 'appid', 'date'] as const;

/**
 * Reads one recorded input: a message as it is posted, a message of the stream, or an answer of GET /message, whose events keep
 * the order of the page. `proxmox-mcp normalize gotify FILE`.
 */
export function normalizeInput(raw: Buffer, options: NormalizeOptions): NormalizeResult {
  if (raw.length > MAX_BYTES) return { reject: true, reason: 'too-large' };
  const value = readJson(raw.toString('utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { reject: true, reason: value === undefined ? 'invalid-json' : 'schema' };
  }
  const inventory = options.inventory ?? Inventory.parse({});
  const route = {
    apps: createGotifyApps(undefined, inventory),
    index: createHostIndex(inventory.sources),
    server: 'recorded',
  };
  const read = (message: GotifyMessage | Refused): NormalizeResult =>
    'reject' in message ? message : normalizeMessage(message, route).result;
  if ('messages' in value) return readPage(value, (each) => read(parseStored(each)));
  return read(PLACE.some((key) => key in value) ? parseStored(value) : parsePosted(value));
}

function readPage(value: object, read: (message: unknown) => NormalizeResult): NormalizeResult {
  const page = Page.safeParse(value);
  return page.success ? joinResults(page.data.messages.map(read)) : { reject: true, reason: 'schema' };
}
