import type { Clock, Cursor, ReadSession, Refused } from '@proxmox-mcp/ingest-kit';
import type { Logger } from '@proxmox-mcp/service-kit';
import { parseLine, type NtfyMessage } from '../parse.ts';
import type { NtfyClient } from './client.ts';
import { Place, isBefore, isRead, placeAfter, sinceOf } from './place.ts';
import { notNtfy } from './trouble.ts';
import { watchSilence } from './watch-silence.ts';

export interface ReadTopicsOptions {
  readonly client: NtfyClient;
  readonly cursor: Cursor;
  readonly clock: Clock;
  readonly log: Logger;
  /** Resolves when what the message says is stored; only then the cursor moves on. */
  readonly store: (message: NtfyMessage, raw: string, signal: AbortSignal) => Promise<void>;
  /** A line that is no message. Resolves when it is kept. */
  readonly refuse: (refused: Refused, raw: string, signal: AbortSignal) => Promise<void>;
}

/**
 * Reads topics: subscribes first, then takes what came since the cursor, then what comes. Lines wait in the connection meanwhile.
 * Resolves when the server ends the stream.
 *
 * @throws {SourceFailure} the server does not answer, or falls silent.
 * @throws {WrongRevision} another replica has taken over.
 */
export async function readTopics(session: ReadSession, options: ReadTopicsOptions): Promise<void> {
  const { client, cursor, clock, log, store, refuse } = options;
  // Ends the stream also where only our part of it failed.
  const ending = new AbortController();
  const signal = AbortSignal.any([session.signal, ending.signal]);
  const known = Place.safeParse(await cursor.load());
  try {
    const live = watchSilence(await client.subscribe(signal), clock);
    const first = await live.next();
    const opened = first.done === true ? undefined : readTime(first.value);
    if (opened === undefined) throw notNtfy();
    let place: Place = known.success ? known.data : { floor: opened, recent: [] };
    if (!known.success) {
      await cursor.save(place);
      log.info('first start: messages from now on are read');
    }

    const take = async (line: string | undefined, isReplay: boolean) => {
      const message: ReturnType<typeof parseLine> =
        line === undefined ? { reject: true, reason: 'too-large' } : parseLine(line);
      if ('ignore' in message) return;
      if ('reject' in message) return refuse(message, line ?? '', signal);
      if (isRead(place, message) || (isReplay && isBefore(place, message))) return;
      // What waits when the source is given away is the next reader's.
      signal.throwIfAborted();
      await store(message, line ?? '', signal);
      place = placeAfter(place, message);
      await cursor.save(place);
      session.succeeded();
    };

    // On a first start there is nothing to replay: what came before us is history and not news.
    if (known.success)
      for await (const line of await client.replay(sinceOf(place), signal)) await take(line, true);
    session.up();
    await take(first.done === true ? '' : first.value, false);
    for await (const line of live) await take(line, false);
    if (!signal.aborted) log.info('stream ended, will connect again');
  } finally {
    ending.abort();
  }
}

/** The server's clock, from the first line of a stream; `undefined` where it is none of ntfy. */
function readTime(line: string | undefined): number | undefined {
  const message = line === undefined ? undefined : parseLine(line);
  return message === undefined || 'reject' in message ? undefined : message.time;
}
