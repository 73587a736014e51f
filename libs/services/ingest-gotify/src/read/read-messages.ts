import {
  readJson,
  type Clock,
  type Cursor,
  type ReadSession,
  type Refused,
  type Trouble,
} from '@proxmox-mcp/ingest-kit';
import type { Logger } from '@proxmox-mcp/service-kit';
import type { GotifyAccess } from '../config.ts';
import { readEntry, type GotifyEntry } from '../parse.ts';
import { catchUp } from './catch-up.ts';
import type { GotifyClient } from './client.ts';
import { Place, isNew, placeAfter } from './place.ts';
import { NoStream, openStream, type GotifyStream } from './stream.ts';
import { notGotify, tooLarge } from './trouble.ts';

export interface ReadMessagesOptions {
  readonly access: GotifyAccess;
  readonly client: GotifyClient;
  readonly cursor: Cursor;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pollIntervalMs: number;
  /** Resolves when what the message says is stored; only then the cursor moves on. */
  readonly store: (entry: GotifyEntry, signal: AbortSignal) => Promise<void>;
  /** A frame of the stream that is no message. Resolves when it is kept. */
  readonly refuse: (refused: Refused, raw: Buffer, signal: AbortSignal) => Promise<void>;
}

/** So long after a WebSocket was refused it is tried again. */
const STREAM_AGAIN_MS = 60_000;

/**
 * Reads a server: stream first, then what came since the cursor, then the stream as it comes. Where no stream can be had it looks
 * every so often instead. Resolves when the stream ends.
 *
 * @throws {SourceFailure} the server does not answer.
 * @throws {WrongRevision} another replica has taken over.
 */
export async function readMessages(session: ReadSession, options: ReadMessagesOptions): Promise<void> {
  const { client, cursor, clock, log, pollIntervalMs, store, refuse } = options;
  const { signal } = session;
  let place = await loadPlace(options, signal);

  const take = async (entry: GotifyEntry) => {
    // What waits when the source is given away is the next reader's.
    signal.throwIfAborted();
    await store(entry, signal);
    place = placeAfter(place, entry, clock.now());
    await cursor.save(place);
    session.succeeded();
  };
  const isUnread = (entry: GotifyEntry) => isNew(entry, place, clock.now());

  let streamTriedAt = Number.NEGATIVE_INFINITY;
  let missing: Trouble[] = [];
  for (;;) {
    let stream: GotifyStream | undefined;
    if (clock.now() - streamTriedAt >= STREAM_AGAIN_MS) {
      streamTriedAt = clock.now();
      const tried = await tryStream(options, signal);
      if ('reason' in tried) missing = [tried];
      else stream = tried;
    }
    try {
      // Also the proof that the server answers: why a stream was refused, a request says better.
      await catchUp({ client, signal, isNew: isUnread, take });
      if (stream !== undefined) {
        session.up();
        const reason = await stream.read(async (frame) => {
          const entry = readEntry(readJson(frame.toString('utf8')));
          if ('reject' in entry) await refuse(entry, frame, signal);
          else if (isUnread(entry)) await take(entry);
        });
        if (!signal.aborted) log.info({ reason }, 'stream ended, will connect again');
        return;
      }
    } finally {
      stream?.close();
    }
    session.up(missing);
    await clock.sleep(pollIntervalMs, signal);
  }
}

/** Where reading goes on; on a first start at the newest message, because what came before us is history and not news. */
async function loadPlace(
  { client, cursor, clock, log }: ReadMessagesOptions,
  signal: AbortSignal,
): Promise<Place> {
  const known = Place.safeParse(await cursor.load());
  if (known.success) return known.data;
  const newest = await client.page({ limit: 1 }, signal);
  if (newest === undefined) throw tooLarge();
  const [entry] = newest.map(readEntry);
  // Not knowing where history ends, we would tell all of it as news.
  if (entry !== undefined && 'reject' in entry) throw notGotify();
  const place: Place =
    entry === undefined ? { id: 0, newestMs: 0 } : placeAfter({ id: 0, newestMs: 0 }, entry, clock.now());
  await cursor.save(place);
  log.info({ id: place.id }, 'first start: messages after this one are read');
  return place;
}

async function tryStream(options: ReadMessagesOptions, signal: AbortSignal): Promise<GotifyStream | Trouble> {
  const { access, client, clock } = options;
  try {
    return await openStream({ access, connect: client.connect, clock, signal });
  } catch (error) {
    if (!(error instanceof NoStream)) throw error;
    return {
      reason: 'no-websocket',
      detail: `${error.message}; read by polling meanwhile`,
      fix: 'let the proxy in front of Gotify pass WebSocket upgrades to /stream',
    };
  }
}
