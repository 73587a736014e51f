import { createHostIndex } from '@proxmox-mcp/proxmox-events';
import { Inventory, type NormalizeResult } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { checkMethod, checkToken } from './authorize.ts';
import { normalizeDelivery } from './normalize.ts';
import { parseBody } from './parse.ts';
import { sourceOfPath } from './routes.ts';

/** A recorded request. */
const Envelope = z.object({
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().default(''),
});

export interface NormalizeInputOptions {
  /** Nothing is read from it: the envelope holds all the adapter knows. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Gives token and routes too; without a token in it none is asked for. */
  readonly inventory?: Inventory;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

/** Reads a recorded request as the running service would: `proxmox-mcp normalize webhook FILE`. */
export function normalizeInput(raw: Buffer, options: NormalizeInputOptions): NormalizeResult {
  const inventory = options.inventory ?? Inventory.parse({});
  const envelope = readEnvelope(raw);
  if (envelope === undefined) return { reject: true, reason: 'envelope', detail: 'not a recorded request' };
  const headers = Object.fromEntries(
    Object.entries(envelope.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const delivery = { ...envelope, headers, body: Buffer.from(envelope.body, 'utf8') };
  const token = inventory.webhook?.token;
  const refused = checkMethod(delivery) ?? (token === undefined ? undefined : checkToken(delivery, token));
  if (refused !== undefined) return refused;
  const source = sourceOfPath(
    delivery.url,
    createHostIndex(inventory.sources),
    inventory.webhook?.routes ?? {},
  );
  if ('reject' in source) return source;
  const input = parseBody(delivery);
  return 'reject' in input ? input : normalizeDelivery(input, source);
}

function readEnvelope(raw: Buffer): z.infer<typeof Envelope> | undefined {
  try {
    const parsed = Envelope.safeParse(JSON.parse(raw.toString('utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
