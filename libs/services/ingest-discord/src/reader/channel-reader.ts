import type { Trouble } from '@proxmox-mcp/ingest-kit';
import type { DiscordApi, RawMessage } from '../rest/discord-api.ts';
import { PAGE } from '../rest/discord-api.ts';
import { idBefore, isLater } from '../snowflake.ts';
import { NO_CONTENT, noHistory } from '../trouble.ts';
import type { ChannelCursor, Place } from './cursor.ts';

/** What became of a message: how many new events it made, or that its content is kept from us for now. */
export type Taken = number | 'unreadable';

export interface ChannelReaderOptions {
  readonly id: string;
  readonly api: DiscordApi;
  readonly cursor: ChannelCursor;
  /** Handles one message; resolves when the bus has stored what it says. */
  readonly take: (message: RawMessage, signal: AbortSignal) => Promise<Taken>;
  readonly signal: AbortSignal;
}

/** Reads one channel without a gap: by looking from where it stopped, and by listening in between. One call at a time. */
export interface ChannelReader {
  readonly id: string;
  /**
   * Reads everything behind the place where reading stopped; on the very first look, only finds that place.
   *
   * @returns what kept it from reading all.
   * @throws {DiscordError} what was read so far stays read.
   */
  look(): Promise<Trouble | undefined>;
  /** Handles a message that the Gateway told. */
  hear(message: RawMessage): Promise<Trouble | undefined>;
  /** Something may have gone unheard: until the next look, listening does not move the place. */
  missed(): void;
  readonly hasGap: boolean;
}

/** Ids carry the time, but messages of one moment may appear in another order: so much before the latest is read again. */
const OVERLAP_MS = 10_000;
const MAX_RECENT = 500;

export function createChannelReader(options: ChannelReaderOptions): ChannelReader {
  const { id, api, cursor, take, signal } = options;
  let position: string | undefined;
  let recent = new Set<string>();
  let hasGap = true;
  let missedTimes = 0;
  // Once seen to be so, it counts until a message is shown again.
  let isHidden = false;

  const place = (at: string): Place => ({ version: 1, position: at, recent: [...recent] });

  /** Notes a message as handled; `moves` says whether everything before it was handled too. */
  function note(messageId: string, moves: boolean): void {
    recent.add(messageId);
    if (moves && (position === undefined || isLater(messageId, position))) position = messageId;
    if (position !== undefined) {
      const from = idBefore(position, OVERLAP_MS);
      recent = new Set([...recent].filter((one) => isLater(one, from)).slice(-MAX_RECENT));
    }
  }

  /** The place to begin from: where an earlier run stopped, else the newest message. */
  async function begin(): Promise<void> {
    const saved = await cursor.load();
    if (saved !== undefined) {
      position = saved.position;
      recent = new Set([...saved.recent, ...recent]);
      return;
    }
    const [newest] = await api.messages(id, 'newest', signal);
    // An empty answer is an empty channel, or one whose history is hidden.
    const last = newest?.id ?? (await api.channel(id, signal)).lastMessageId;
    position = last ?? '0';
    if (last !== undefined) recent.add(last);
    isHidden = newest === undefined && last !== undefined;
    await cursor.save(place(position));
  }

  async function readFrom(start: string): Promise<Trouble | undefined> {
    let after = start;
    for (;;) {
      const page = await api.messages(id, { after }, signal);
      for (const message of page) {
        if (recent.has(message.id)) continue;
        const taken = await take(message, signal);
        // Not passed over: Discord shows it whole as soon as the intent is there.
        if (taken === 'unreadable') return NO_CONTENT;
        note(message.id, true);
        if (taken > 0 && position !== undefined) await cursor.save(place(position));
      }
      const newest = page.at(-1)?.id;
      if (newest === undefined) return after === start ? hidden() : undefined;
      isHidden = false;
      if (position !== undefined) await cursor.save(place(position));
      if (page.length < PAGE) return undefined;
      after = newest;
    }
  }

  /** Nothing is shown, not even what was read last: it was deleted, or the history is hidden. */
  async function hidden(): Promise<Trouble | undefined> {
    const { lastMessageId } = await api.channel(id, signal);
    isHidden ||= lastMessageId !== undefined && position !== undefined && isLater(lastMessageId, position);
    return isHidden ? noHistory(id) : undefined;
  }

  return {
    id,
    get hasGap() {
      return hasGap;
    },
    missed() {
      hasGap = true;
      missedTimes++;
    },
    async look() {
      const before = missedTimes;
      if (position === undefined) await begin();
      const trouble = await readFrom(idBefore(position ?? '0', OVERLAP_MS));
      hasGap = trouble === NO_CONTENT || missedTimes !== before;
      return trouble;
    },
    async hear(message) {
      if (recent.has(message.id)) return undefined;
      const taken = await take(message, signal);
      if (taken === 'unreadable') {
        hasGap = true;
        return NO_CONTENT;
      }
      note(message.id, !hasGap);
      if (!hasGap && position !== undefined) await cursor.save(place(position));
      return undefined;
    },
  };
}
