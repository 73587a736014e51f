import * as z from 'zod';
import { Timestamp } from './event.ts';

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
});
export type DeadLetter = z.infer<typeof DeadLetter>;
