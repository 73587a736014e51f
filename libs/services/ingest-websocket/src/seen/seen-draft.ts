import { draftNotes, type InputNotes } from '@proxmox-mcp/ingest-kit';
import type { EventDraft } from '@proxmox-mcp/schemas';

/** What of a poll's answer a draft was read from: a row, a pair of rows, lines of a log. Never the whole list. */
export interface Seen extends InputNotes {
  readonly body: string;
}

/** A draft with what it was read from. Plain JSON: the journal keeps both until they are told. */
export interface SeenDraft extends EventDraft {
  readonly seen?: Seen;
}

/** The draft with the two states of its object that differ. */
export function seenPair(
  draft: EventDraft,
  format: string,
  [before, after]: readonly [readonly object[], readonly object[]],
  context: Readonly<Record<string, unknown>> = {},
): SeenDraft {
  return {
    ...draft,
    seen: {
      format,
      body: JSON.stringify({ before, after }),
      context: { ...context, ...draftNotes(draft) },
    },
  };
}

/**
 * The draft with two answers of a poll as its reader took them in. They are what is remembered of an answer, not the answer
 * itself: to be looked at, and nothing a replay could read again.
 */
export function seenAnswers(
  draft: EventDraft,
  poll: string,
  [before, after]: readonly [unknown, unknown],
): SeenDraft {
  return { ...draft, seen: { format: `poll-${poll}`, body: JSON.stringify({ before, after }) } };
}
