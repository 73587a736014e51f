import * as z from 'zod';
import type { GotifyEntry } from '../parse.ts';

/** How far a server has been read. */
export const Place = z.object({
  /** Of the message read last. */
  id: z.int().nonnegative(),
  /** The newest date of all that was read, in milliseconds; 0 before the first. */
  newestMs: z.number(),
});
export type Place = z.infer<typeof Place>;

/** Databases round dates differently from the stream. */
const SAME_MS = 2_000;
/** A server whose clock was so far ahead once must not hide what comes later. */
const MAX_AHEAD_MS = 600_000;

/**
 * Whether a message came after the place. Ids count up; on a server that was set up anew they begin at one, and only the
 * date tells that a small id is a new message and not an old one.
 */
export function isNew(
  { id, sentAtMs }: Pick<GotifyEntry, 'id' | 'sentAtMs'>,
  place: Place,
  nowMs: number,
): boolean {
  if (id > place.id) return true;
  return sentAtMs !== undefined && sentAtMs <= nowMs + MAX_AHEAD_MS && sentAtMs > place.newestMs + SAME_MS;
}

/** The place after a message. */
export function placeAfter(
  place: Place,
  { id, sentAtMs }: Pick<GotifyEntry, 'id' | 'sentAtMs'>,
  nowMs: number,
): Place {
  const dated = sentAtMs === undefined || sentAtMs > nowMs + MAX_AHEAD_MS ? 0 : sentAtMs;
  return { id, newestMs: Math.max(place.newestMs, dated) };
}
