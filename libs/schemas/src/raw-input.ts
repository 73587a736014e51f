import * as z from 'zod';
import { Channel, Timestamp } from './event.ts';

/** Most bytes of an input that are kept; what is beyond is cut off and `truncated` says so. */
export const RAW_MAX_BYTES = 65_536;
/** Most inputs in one message. */
export const RAW_MAX_INPUTS = 256;

/**
 * Which normalizer reads an input again: a word of `proxmox-mcp normalize`. Inputs that are only to be looked at have a word that
 * no normalizer has.
 */
export const RawFormat = z.string().regex(/^[a-z][a-z-]{0,39}$/);

/** How an input is kept, whether it became events or a dead letter. */
export const KeptInput = z.object({
  /** Redacted and cut; what the sender wrote: untrusted data. */
  body: z.string(),
  /** `base64`: the bytes are not UTF-8. */
  encoding: z.enum(['utf8', 'base64']),
  truncated: z.boolean(),
  /** Absent: that of the channel. */
  format: RawFormat.optional(),
  /** What the adapter knew besides the bytes: UPID and node of a task log, path and content type of a request. No secrets. */
  context: z.record(z.string(), z.unknown()).optional(),
});
export type KeptInput = z.infer<typeof KeptInput>;

/** One input that became events, as it came in. */
export const RawInput = z.strictObject({
  /** Deterministic from the input, like the ids of its events, which carry it in `raw`. */
  id: z.string().min(1).max(200),
  channel: Channel,
  /** Name of the configured source. */
  source: z.string().min(1).max(200),
  /** Where exactly it came from: peer address, API path, mailbox and UID. */
  origin: z.string().max(300),
  receivedAt: Timestamp,
  ...KeptInput.shape,
});
export type RawInput = z.infer<typeof RawInput>;

/** Inputs that were stored together: a message of the bus each would cost more than the inputs. */
export const RawInputs = z.array(RawInput).min(1).max(RAW_MAX_INPUTS);
export type RawInputs = z.infer<typeof RawInputs>;
