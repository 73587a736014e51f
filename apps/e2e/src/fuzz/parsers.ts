import {
  normalizeApiError,
  normalizePbsTask,
  normalizeResources,
  normalizeTask,
  normalizeTaskLog,
  type NormalizeOptions,
} from '@proxmox-mcp/proxmox-events';
import { loadTestInventory } from '@proxmox-mcp/proxmox-events/testing';
import { finishEvents } from '@proxmox-mcp/ingest-kit';
import { normalizeInput as normalizeGotify } from '@proxmox-mcp/ingest-gotify';
import { normalizeInput as normalizeNtfy } from '@proxmox-mcp/ingest-ntfy';
import { normalizeInput as normalizeDiscord } from '@proxmox-mcp/ingest-discord';
import { normalizeInput as normalizeEmail } from '@proxmox-mcp/ingest-email';
import { normalizeInput as normalizeSyslog } from '@proxmox-mcp/ingest-syslog';
import { normalizeInput as normalizeWebhook } from '@proxmox-mcp/ingest-webhook';
import { Event, type Channel, type NormalizeResult } from '@proxmox-mcp/schemas';
import { seedsOf, type Seed } from './seeds.ts';

/** A way in, as far as it is parsing: from the bytes to finished events. */
export interface Parser {
  readonly name: string;
  readonly seeds: readonly Seed[];
  /** How often it is fed beside the others. */
  readonly weight: number;
  /** @throws when the parser does, or when it makes an event that nobody could store. */
  run(raw: Buffer, context: Seed['context']): Promise<void> | void;
}

type Read = (raw: Buffer, options: NormalizeOptions) => NormalizeResult | Promise<NormalizeResult>;

const RECEIVED_AT = 1_773_500_000_000;
const inventory = loadTestInventory();

function parser(name: string, channel: Channel, folder: string, read: Read, weight = 10): Parser {
  const check = (raw: Buffer, result: NormalizeResult) => {
    if (!('events' in result)) return;
    const input = { channel, source: 'fuzz', receivedAt: RECEIVED_AT, raw };
    for (const event of finishEvents(result.events, input)) Event.parse(event);
  };
  return {
    name,
    seeds: seedsOf(folder),
    weight,
    run(raw, context) {
      const result = read(raw, { inventory, receivedAt: RECEIVED_AT, ...(context && { context }) });
      if (!(result instanceof Promise)) return check(raw, result);
      return result.then((settled) => check(raw, settled));
    },
  };
}

const EVENTS = 'libs/proxmox-events/testcases';
const WEBHOOK = 'libs/services/ingest-webhook/testcases';

/** Every parser that meets bytes from outside, one line each. */
export const PARSERS: readonly Parser[] = [
  parser('task', 'api', `${EVENTS}/task`, normalizeTask),
  parser('pbs-task', 'api', `${EVENTS}/pbs-task`, normalizePbsTask),
  parser('task-log', 'api', `${EVENTS}/task-log`, normalizeTaskLog),
  parser('resources', 'api', `${EVENTS}/resources`, normalizeResources),
  parser('api-error', 'api', `${EVENTS}/api-error`, normalizeApiError),
  parser('syslog', 'syslog', 'libs/services/ingest-syslog/testcases/syslog', normalizeSyslog, 20),
  parser('webhook', 'webhook', `${WEBHOOK}/webhook`, normalizeWebhook, 20),
  parser('webhook-generic', 'webhook', `${WEBHOOK}/generic`, normalizeWebhook),
  parser('webhook-alertmanager', 'webhook', `${WEBHOOK}/alertmanager`, normalizeWebhook),
  parser('webhook-gotify', 'gotify', `${WEBHOOK}/gotify`, normalizeWebhook),
  parser('gotify', 'gotify', 'libs/services/ingest-gotify/testcases/gotify', normalizeGotify),
  parser('ntfy', 'ntfy', 'libs/services/ingest-ntfy/testcases/ntfy', normalizeNtfy),
  parser('discord', 'discord', 'libs/services/ingest-discord/testcases/discord', normalizeDiscord, 20),
  // A mail takes a hundred times as long as a line.
  parser('email', 'email', 'libs/services/ingest-email/testcases/email', normalizeEmail, 5),
];
