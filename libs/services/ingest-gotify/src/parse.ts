import { schemaFault, type Refused } from '@proxmox-mcp/ingest-kit';
import * as z from 'zod';

/** A message as the server stores and streams it (gotify/server docs/spec.json, `Message`). What is only decoration may be anything. */
const Stored = z.object({
  id: z.int().nonnegative(),
  appid: z.int().nonnegative(),
  title: z.string().catch(''),
  message: z.string(),
  priority: z.number().optional().catch(undefined),
  extras: z.record(z.string(), z.unknown()).optional().catch(undefined),
  date: z.string(),
});

/** A message as it is posted: the server has given it neither id nor application nor date. */
const Posted = Stored.omit({ id: true, appid: true, date: true });

export interface GotifyMessage {
  readonly id?: number;
  readonly appid?: number;
  readonly title: string;
  readonly message: string;
  readonly priority?: number | undefined;
  readonly extras?: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds since 1970 of the server's clock; `undefined` where its date cannot be read. */
  readonly sentAtMs?: number | undefined;
}

/** A message with its place in the server's order, so that one that cannot be read is passed over as well. */
export interface GotifyEntry {
  readonly id: number;
  readonly sentAtMs: number | undefined;
  readonly raw: string;
  readonly message: GotifyMessage | Refused;
}

/** The answer of GET /message, newest first. */
export const Page = z.object({ messages: z.array(z.unknown()).max(200) });

/** One stored message, as GET /stream and GET /message give it. */
export function parseStored(value: unknown): GotifyMessage | Refused {
  const parsed = Stored.safeParse(value);
  if (!parsed.success) return schemaFault(parsed.error);
  const { date, ...message } = parsed.data;
  return { ...message, sentAtMs: readDate(date) };
}

/** The body of POST /message. */
export function parsePosted(value: unknown): GotifyMessage | Refused {
  const parsed = Posted.safeParse(value);
  return parsed.success ? parsed.data : schemaFault(parsed.error);
}

/** A stored message with its place; the refusal where not even the place can be read. */
export function readEntry(value: unknown): GotifyEntry | Refused {
  const place = Stored.pick({ id: true, date: true }).safeParse(value);
  if (!place.success) return schemaFault(place.error);
  const { id, date } = place.data;
  return { id, sentAtMs: readDate(date), raw: JSON.stringify(value), message: parseStored(value) };
}

function readDate(date: string): number | undefined {
  // RFC 3339 with as many digits of a second as the database kept; what is beyond milliseconds is cut off.
  const ms = Date.parse(date);
  return Number.isNaN(ms) ? undefined : ms;
}
