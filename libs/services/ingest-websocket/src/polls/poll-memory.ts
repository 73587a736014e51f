import { isDeepStrictEqual } from 'node:util';
import type { CoverageGuests, Whose } from '@proxmox-mcp/proxmox-events';
import type { Step } from '../cursor/journal.ts';
import { seenAnswers } from '../seen/seen-draft.ts';
import type { Poll } from './poll.ts';

/** What one poll saw last, by node; the whole cluster under the empty name. Plain JSON. */
export interface PollMemory<Seen> {
  readonly seen: Readonly<Record<string, Seen>>;
}

/** One answer of a poll, and whose it is. */
export interface Sight<Seen> {
  readonly seen: Seen;
  /** Node, or empty for the whole cluster. */
  readonly scope: string;
  readonly whose: Whose;
  readonly nowMs: number;
  readonly guests: CoverageGuests | undefined;
  /** Names that may be remembered; what is remembered of others is forgotten. Absent: all. */
  readonly scopes?: readonly string[];
}

/**
 * Compares an answer with the memory. The first one of a scope is what is, not what happened, unless the poll says otherwise. Answers have no time of their own:
 * the moment they were seen tells what happens twice apart, and the journal keeps it through a restart.
 */
export function foldPoll<Seen>(
  poll: Pick<Poll<Seen, never>, 'name' | 'diff' | 'well'>,
  memory: PollMemory<Seen>,
  { seen, scope, whose, nowMs, guests, scopes }: Sight<Seen>,
): Step<PollMemory<Seen>> {
  const before = Object.hasOwn(memory.seen, scope) ? memory.seen[scope] : undefined;
  const against = before ?? poll.well?.(seen);
  const { events, next } =
    against === undefined ? { events: [], next: seen } : poll.diff(against, seen, whose, guests);
  const drafts = events.map((draft) =>
    seenAnswers(
      { ...draft, identity: `${poll.name}/${draft.type}/${scope}/${draft.identity ?? ''}/${nowMs}` },
      poll.name,
      [against, seen],
    ),
  );
  const kept = Object.entries(memory.seen).filter(([name]) => scopes?.includes(name) ?? true);
  const isSame =
    drafts.length === 0 && kept.length === Object.keys(memory.seen).length && isDeepStrictEqual(before, next);
  if (isSame) return { next: memory, drafts };
  return { next: { seen: { ...Object.fromEntries(kept), [scope]: next } }, drafts };
}
