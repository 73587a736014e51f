import { readEntry, type GotifyEntry } from '../parse.ts';
import type { GotifyClient, PageQuery } from './client.ts';
import { tooLarge } from './trouble.ts';

export interface CatchUpOptions {
  readonly client: Pick<GotifyClient, 'page'>;
  readonly signal: AbortSignal;
  /** Whether a message came after what has been read; asked again before each is taken. */
  readonly isNew: (entry: GotifyEntry) => boolean;
  /** Takes a message, oldest first. */
  readonly take: (entry: GotifyEntry) => Promise<void>;
}

const PAGE = 50;
/** 500,000 messages. Of more than these the oldest are passed over: the walk must end. */
const MAX_PAGES = 10_000;

/**
 * Reads what came since the place, oldest first. The server pages backwards: first we walk back to the place and note where the
 * pages begin, then we take them in the order of time, holding one at a time.
 */
export async function catchUp(options: CatchUpOptions): Promise<void> {
  const { isNew, take } = options;
  const newer: PageQuery[] = [];
  let query: PageQuery = { limit: PAGE };
  for (;;) {
    const page = await readPage(options, query);
    const oldest = page.entries.at(-1);
    const isLast = oldest === undefined || !isNew(oldest) || !page.isFull || newer.length >= MAX_PAGES;
    if (isLast) {
      for (const entry of page.entries.toReversed()) if (isNew(entry)) await take(entry);
      break;
    }
    // By its first id: what arrives in between must not shift the page.
    newer.push({ limit: page.limit, since: (page.entries[0]?.id ?? 0) + 1 });
    query = { limit: PAGE, since: oldest.id };
  }
  for (const again of newer.toReversed()) {
    const page = await readPage(options, again);
    // It has grown too large since: what its end no longer holds is found by walking back once more.
    if (page.limit < again.limit) return catchUp(options);
    for (const entry of page.entries.toReversed()) if (isNew(entry)) await take(entry);
  }
}

interface EntryPage {
  readonly entries: readonly GotifyEntry[];
  readonly limit: number;
  readonly isFull: boolean;
}

/** A page, of fewer messages where they are too large together. */
async function readPage({ client, signal }: CatchUpOptions, query: PageQuery): Promise<EntryPage> {
  for (let { limit } = query; limit >= 1; limit = Math.floor(limit / 2)) {
    const messages = await client.page({ ...query, limit }, signal);
    if (messages === undefined) continue;
    const entries = messages.flatMap((message) => {
      const entry = readEntry(message);
      // Without an id it has no place to continue from, and Gotify stores none such.
      return 'reject' in entry ? [] : [entry];
    });
    return { entries, limit, isFull: messages.length >= limit };
  }
  throw tooLarge();
}
