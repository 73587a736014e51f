import { BusUnavailable, WrongRevision, type KeyValue } from '@proxmox-mcp/bus';
import { createCursor } from '@proxmox-mcp/ingest-kit';
import { token } from '@proxmox-mcp/schemas';
import * as z from 'zod';
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
export interface ChannelCursor {
  /** @throws {BusUnavailable} */
  load(): Promise<Place | undefined>;
  /** Saves, unless another replica has got further. A bus that is away loses nothing but the place to go on from. */
  save(place: Place): Promise<void>;
}

export function createChannelCursor(kv: KeyValue, channelId: string): ChannelCursor {
  const cursor = createCursor(kv, `discord.${token(channelId)}`);

  async function load(): Promise<Place | undefined> {
    // A version of ours wrote it that we cannot read: begin anew rather than not at all.
    const parsed = Place.safeParse(await cursor.load());
    return parsed.success ? parsed.data : undefined;
  }

  return {
    load,
    async save(place) {
      try {
        await cursor.save(place);
      } catch (err) {
        if (!(err instanceof WrongRevision)) throw err;
        await saveBesideAnother(place);
      }
    },
  };

  /** Two replicas that read at once for a moment read the same messages: the further place is right for both. */
  async function saveBesideAnother(place: Place): Promise<void> {
    try {
      const other = await load();
      if (other === undefined || isLater(place.position, other.position)) await cursor.save(place);
    } catch (err) {
      if (!(err instanceof WrongRevision || err instanceof BusUnavailable)) throw err;
    }
  }
}
