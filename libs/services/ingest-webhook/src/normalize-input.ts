import { createHostIndex } from '@proxmox-mcp/proxmox-events';
import { Inventory, type NormalizeResult } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { normalizeDelivery } from './normalize.ts';
import { checkMethod, isGotifyPath, routeOf } from './routes.ts';
import { createTokens, type Grant } from './tokens.ts';

/** A recorded request. */
const Envelope = z.object({
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().default(''),
});

export interface NormalizeInputOptions {
  /** `source`: the host whose token a Gotify client showed. The envelope holds all else the adapter knows. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Gives token, routes and mappings too; without a token in it none is asked for. */
  readonly inventory?: Inventory;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

/** Reads a recorded request as the running service would: `proxmox-mcp normalize webhook FILE`. */
export function normalizeInput(raw: Buffer, options: NormalizeInputOptions): NormalizeResult {
  const configured = options.inventory ?? Inventory.parse({});
  const envelope = readEnvelope(raw);
  if (envelope === undefined) return { reject: true, reason: 'envelope', detail: 'not a recorded request' };
  const headers = Object.fromEntries(
    Object.entries(envelope.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const delivery = { ...envelope, headers, body: Buffer.from(envelope.body, 'utf8') };
  const tokens = createTokens({ shared: configured.webhook?.token, header: configured.webhook?.header });
  const refused = checkMethod(delivery);
  if (refused !== undefined) return refused;
  const grant = tokens.isEmpty ? grantOf(options.context) : tokens.check(delivery, isGotifyPath(delivery));
  if ('reject' in grant) return grant;
  const index = createHostIndex(configured.sources);
  const route = routeOf(delivery, index, { configured, grant });
  if ('reject' in route) return route;
  const reading = normalizeDelivery(delivery, route, { index, configured });
  return 'reject' in reading ? reading : reading.result;
}

function grantOf({ source }: Readonly<Record<string, unknown>> = {}): Grant {
  return typeof source === 'string' ? { source } : {};
}

function readEnvelope(raw: Buffer): z.infer<typeof Envelope> | undefined {
  try {
    const parsed = Envelope.safeParse(JSON.parse(raw.toString('utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
