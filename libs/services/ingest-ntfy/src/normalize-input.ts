import { joinResults } from '@proxmox-mcp/ingest-kit';
import { createHostIndex, type NormalizeOptions } from '@proxmox-mcp/proxmox-events';
import { Inventory, type NormalizeResult } from '@proxmox-mcp/schemas';
import { normalizeMessage, type NormalizeMessageOptions } from './normalize.ts';
import { parseLine } from './parse.ts';

const MAX_BYTES = 32 * 1024 * 1024;

/**
 * Reads one recorded input: a message, or the lines of a stream or poll, whose events keep their order.
 * `proxmox-mcp normalize ntfy FILE`.
 */
export function normalizeInput(raw: Buffer, options: NormalizeOptions): NormalizeResult {
  if (raw.length > MAX_BYTES) return { reject: true, reason: 'too-large' };
  const inventory = options.inventory ?? Inventory.parse({});
  const route: NormalizeMessageOptions = {
    topics: inventory.ntfy?.topics ?? {},
    index: createHostIndex(inventory.sources),
    server: 'recorded',
  };
  const text = raw.toString('utf8').trim();
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  // A message alone may be written over several lines.
  if (lines.length <= 1 || !lines.every((line) => line.startsWith('{') && line.trimEnd().endsWith('}'))) {
    return normalizeLine(text, route);
  }
  return joinResults(lines.map((line) => normalizeLine(line, route)));
}

function normalizeLine(text: string, route: NormalizeMessageOptions): NormalizeResult {
  const message = parseLine(text);
  if ('reject' in message) return message;
  if ('ignore' in message) return { ignore: true, reason: message.reason };
  return normalizeMessage(message, route).result;
}
