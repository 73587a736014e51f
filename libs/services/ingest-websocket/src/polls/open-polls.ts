import type { IngestWebsocketConfig } from '../config.ts';
import type { Cursor } from '../cursor/cursor.ts';
import { openJournal } from '../cursor/journal.ts';
import type { SeenDraft } from '../seen/seen-draft.ts';
import type { PollMemory } from './poll-memory.ts';
import { createPollWatch, type PollWatch, type PollWatchOptions } from './poll-watch.ts';
import type { Poll } from './poll.ts';

/** What all polls of a host have in common. */
export interface OpenPollsOptions<Port> extends Omit<
  PollWatchOptions<unknown, Port>,
  'poll' | 'journal' | 'periodMs' | 'firstMs'
> {
  readonly config: IngestWebsocketConfig;
  readonly cursor: (part: string) => Cursor;
  readonly publish: (drafts: readonly SeenDraft[], atMs: number) => Promise<void>;
}

/** Opens one poll with its memory; `undefined` when it is switched off, or not one of this product. */
export type OpenPoll<Port> = <Seen>(poll: Poll<Seen, Port>) => Promise<PollWatch | undefined>;

const FIRST_MS = 5_000;
const BETWEEN_MS = 1_000;

/** @returns opens polls; each begins a little later than the one before. */
export function createOpenPoll<Port>(options: OpenPollsOptions<Port>): OpenPoll<Port> {
  const { config, cursor, publish, tools, product } = options;
  let firstMs = FIRST_MS;
  return async <Seen>(poll: Poll<Seen, Port>) => {
    const periodMs = config[poll.setting] * 1_000;
    if (periodMs === 0 || poll.asks[product] === undefined) return undefined;
    firstMs += BETWEEN_MS;
    const own = firstMs;
    const journal = await openJournal<PollMemory<Seen>>({
      cursor: cursor(poll.name),
      initial: { seen: {} },
      publish,
      now: () => tools.clock.now(),
    });
    return createPollWatch({ ...options, poll, journal, periodMs, firstMs: own });
  };
}
