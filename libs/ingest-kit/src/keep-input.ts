import { isUtf8 } from 'node:buffer';
import { RAW_MAX_BYTES, redact, type KeptInput } from '@proxmox-mcp/schemas';

/** Read beyond the limit, so that a secret that the limit would cut in half is seen whole. */
const SLACK_BYTES = 8_192;

/** What an adapter tells of an input besides its bytes. */
export interface InputNotes {
  /** Word of `proxmox-mcp normalize` that reads it again; the channel's own when not given. */
  readonly format?: string;
  /** What the adapter knew besides the bytes. No secrets; small. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** `raw` is not all there was. */
  readonly cut?: boolean;
}

/** An input as it may be kept: redacted, at most 64 KiB, as text where it is text. */
export function keepInput(raw: Buffer | string, notes: InputNotes = {}): KeptInput {
  const { format, context, cut = false } = notes;
  return {
    ...bodyOf(raw, cut),
    ...(format === undefined ? {} : { format }),
    ...(context === undefined ? {} : { context: { ...context } }),
  };
}

function bodyOf(raw: Buffer | string, cut: boolean): Pick<KeptInput, 'body' | 'encoding' | 'truncated'> {
  const isLong = raw.length > RAW_MAX_BYTES / 3 && byteLength(raw) > RAW_MAX_BYTES;
  const truncated = cut || isLong;
  if (typeof raw === 'string') {
    const text = isLong ? firstBytes(redact(raw.slice(0, RAW_MAX_BYTES + SLACK_BYTES))) : redact(raw);
    return { body: text, encoding: 'utf8', truncated };
  }
  const head = isLong ? raw.subarray(0, wholeCharacters(raw, RAW_MAX_BYTES + SLACK_BYTES)) : raw;
  if (isUtf8(head)) {
    const text = redact(head.toString('utf8'));
    return { body: isLong ? firstBytes(text) : text, encoding: 'utf8', truncated };
  }
  // One character per byte: what is ASCII among the bytes is redacted, the others stay what they are.
  const bytes = Buffer.from(redact(head.toString('latin1')), 'latin1');
  return { body: bytes.subarray(0, RAW_MAX_BYTES).toString('base64'), encoding: 'base64', truncated };
}

const byteLength = (raw: Buffer | string) => (typeof raw === 'string' ? Buffer.byteLength(raw) : raw.length);

function firstBytes(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.toString('utf8', 0, wholeCharacters(bytes, RAW_MAX_BYTES));
}

/** The largest length up to `most` that ends between two characters of UTF-8. */
function wholeCharacters(bytes: Buffer, most: number): number {
  if (bytes.length <= most) return bytes.length;
  let end = most;
  // A character has three bytes behind its first at most.
  while (end > most - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return end;
}
