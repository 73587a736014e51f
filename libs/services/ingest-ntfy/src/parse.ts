import { readJson, schemaFault, type Refused } from '@proxmox-mcp/ingest-kit';
import * as z from 'zod';

/** A line of the stream that tells nothing: it opens it, or keeps it alive, or is about messages and none itself. */
export interface NoMessage {
  readonly ignore: true;
  readonly reason: 'not-a-message';
  /** Epoch seconds of the server's clock. */
  readonly time: number;
}

/** What every line has (ntfy docs, “JSON message format”). */
const Line = z.object({ event: z.string(), time: z.int().nonnegative() });

/** A message. What is only decoration may be anything. */
const Message = z.object({
  id: z.string().regex(/^[A-Za-z0-9]{1,64}$/),
  time: z.int().nonnegative(),
  topic: z.string().max(64),
  title: z.string().catch(''),
  message: z.string(),
  priority: z.int().optional().catch(undefined),
  tags: z.array(z.string()).catch([]),
  encoding: z.string().optional().catch(undefined),
  attachment: z
    .object({
      name: z.string(),
      url: z.string(),
      type: z.string().catch(''),
      size: z.number().optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});

/** A message of a topic. */
export interface NtfyMessage {
  readonly id: string;
  /** Epoch seconds of the server's clock. */
  readonly time: number;
  readonly topic: string;
  readonly title: string;
  readonly message: string;
  /** 1 (min) to 5 (max); absent is 3. */
  readonly priority?: number | undefined;
  readonly tags: readonly string[];
  /** Set where the text was too long for a message and lies in a file of the server: where, and how many bytes. */
  readonly file?: { readonly url: string; readonly size: number | undefined };
}

/** Reads one line of the stream, or one recorded message. */
export function parseLine(text: string): NtfyMessage | NoMessage | Refused {
  const value = readJson(text);
  if (value === undefined) return { reject: true, reason: 'invalid-json' };
  const line = Line.safeParse(value);
  if (!line.success) return schemaFault(line.error);
  if (line.data.event !== 'message') return { ignore: true, reason: 'not-a-message', time: line.data.time };
  const parsed = Message.safeParse(value);
  if (!parsed.success) return schemaFault(parsed.error);
  const { attachment, encoding, message, ...rest } = parsed.data;
  // Bytes that are no UTF-8 come as base64.
  const decoded = encoding === 'base64' ? Buffer.from(message, 'base64').toString('utf8') : message;
  const isMoved = attachment !== undefined && standsForText(attachment, decoded);
  return {
    ...rest,
    message: decoded,
    ...(isMoved ? { file: { url: attachment.url, size: attachment.size } } : {}),
  };
}

/** A text longer than a message becomes a file, and the message says so; pictures that someone attached are none of ours. */
function standsForText(attachment: { name: string; type: string }, message: string): boolean {
  return attachment.type.startsWith('text/') || message.startsWith('You received a file: ');
}
