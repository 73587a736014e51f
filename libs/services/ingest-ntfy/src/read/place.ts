import * as z from 'zod';
import type { NtfyMessage } from '../parse.ts';

/** How far the topics have been read. */
export const Place = z.object({
  /** Id of the message read last; `undefined` before the first. */
  lastId: z.string().optional(),
  /** Epoch seconds: what a replay brings from before it was read or is older than we are. */
  floor: z.number(),
  /** Ids of the messages read last, newest last, with their times. */
  recent: z.array(z.tuple([z.string(), z.number()])),
});
export type Place = z.infer<typeof Place>;

const MAX_RECENT = 200;

/** What to ask the server for. */
export function sinceOf({ lastId, floor }: Place): string {
  return lastId ?? String(floor);
}

/** Whether a message was read before. */
export function isRead({ recent }: Place, { id }: NtfyMessage): boolean {
  return recent.some(([known]) => known === id);
}

/**
 * Whether a message of a replay is from before the place. A server that does not know the id any more, or never kept that message,
 * replays all that it has.
 */
export function isBefore({ floor }: Place, { time }: NtfyMessage): boolean {
  return time < floor;
}

/** The place after a message. */
export function placeAfter({ floor, recent }: Place, { id, time }: NtfyMessage): Place {
  const all: Place['recent'] = [...recent, [id, time]];
  const dropped = all.slice(0, -MAX_RECENT).map(([, at]) => at);
  return { lastId: id, floor: Math.max(floor, ...dropped), recent: all.slice(-MAX_RECENT) };
}
