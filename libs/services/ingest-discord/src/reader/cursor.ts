import { BusUnavailable, WrongRevision, type KeyValue } from '@proxmox-mcp/bus';
import { token } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { readJson } from '../parse.ts';
import { isLater, isSnowflake } from '../snowflake.ts';

/** How far a channel was read. */
export const Place = z.object({
  version: z.literal(1),
  /** The latest message that was handled; `0` in a channel that was empty. */
  position: z.string().refine((id) => id === '0' || isSnowflake(id)),
  /** Messages handled whose ids lie so close before it that others may still appear among them. */
  recent: z.array(z.string().refine(isSnowflake)),
});
export type Place = z.infer<typeof Place>;

/** The place of one channel in the CURSORS key-value. */
export interface Cursor {
  /** @throws {BusUnavailable} */
  load(): Promise<Place | undefined>;
  /** Saves, unless another replica has got further. A bus that is away loses nothing but the place to go on from. */
  save(place: Place): Promise<void>;
}

export function createCursor(kv: KeyValue, channelId: string): Cursor {
  const key = `discord.${token(channelId)}`;
  let revision = 0;

  async function load(): Promise<Place | undefined> {
    const entry = await kv.get(key);
    revision = entry?.revision ?? 0;
    if (entry === undefined) return undefined;
    // A version of ours wrote it that we cannot read: begin anew rather than not at all.
    const parsed = Place.safeParse(readJson(entry.value));
    return parsed.success ? parsed.data : undefined;
  }

  async function write(place: Place): Promise<void> {
    const text = JSON.stringify(place);
    revision = revision === 0 ? await kv.create(key, text) : await kv.update(key, text, revision);
  }

  return {
    load,
    async save(place) {
      try {
        try {
          await write(place);
        } catch (err) {
          if (!(err instanceof WrongRevision)) throw err;
          const other = await load();
          if (other === undefined || isLater(place.position, other.position)) await write(place);
        }
      } catch (err) {
        // Two replicas that write at once for a moment read the same messages; either's place will do.
        if (!(err instanceof BusUnavailable || err instanceof WrongRevision)) throw err;
      }
    },
  };
}
