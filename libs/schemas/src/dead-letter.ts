import * as z from 'zod';
import { Channel, Timestamp } from './event.ts';
import { KeptInput } from './raw-input.ts';

/** Something that could not be understood or handled: kept whole (bounded), counted, never retried by itself. */
export const DeadLetter = z.strictObject({
  /** Service that gave up. */
  service: z.string(),
  /** `parse`, `normalize`, `handle`: where it failed. */
  stage: z.string(),
  /** Small fixed word: `bad-pri`, `invalid-json`, `max-deliver`… */
  reason: z.string().max(100),
  /** One sentence for people, without secrets. */
  detail: z.string().max(2_000).optional(),
  /** Where it came from: source name, peer address, or the subject it was read from. */
  origin: z.string().max(300),
  /** The original, redacted and cut to 64 KiB. */
  body: z.string(),
  truncated: z.boolean(),
  at: Timestamp,
  // The rest only of what came from outside: enough to read it again.
  encoding: KeptInput.shape.encoding.optional(),
  format: KeptInput.shape.format,
  context: KeptInput.shape.context,
  channel: Channel.optional(),
  source: z.string().max(200).optional(),
  /** Id the raw input would have had, had it become events: the ids of what a later reading gives come from it. */
  raw: z.string().max(200).optional(),
});
export type DeadLetter = z.infer<typeof DeadLetter>;
