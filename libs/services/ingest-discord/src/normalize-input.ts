import { readJson } from '@proxmox-mcp/ingest-kit';
import { createHostIndex } from '@proxmox-mcp/proxmox-events';
import { Inventory, type NormalizeResult } from '@proxmox-mcp/schemas';
import { admit } from './admit.ts';
import { normalizeMessage } from './normalize.ts';
import { parseMessage } from './parse.ts';
import { routeOf } from './route.ts';

export interface NormalizeInputOptions {
  /** Nothing is read from it: the message holds all the adapter knows. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Gives hosts, channels and webhook ids; without them every message is a stranger's. */
  readonly inventory?: Inventory;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

/** Reads a recorded message object as the running service would: `proxmox-mcp normalize discord FILE`. */
export function normalizeInput(raw: Buffer, options: NormalizeInputOptions): NormalizeResult {
  const inventory = options.inventory ?? Inventory.parse({});
  const channels = inventory.discord?.channels ?? {};
  const message = parseMessage(readJson(raw.toString('utf8')));
  if ('reject' in message) return message;
  const notAdmitted = admit(message, {
    channels: new Set(Object.keys(channels)),
    webhooks: new Set(inventory.discord?.webhook_ids),
  });
  if (notAdmitted !== undefined) return notAdmitted;
  const route = routeOf(message.channel_id, createHostIndex(inventory.sources), channels);
  return 'reject' in route ? route : normalizeMessage(message, route);
}
