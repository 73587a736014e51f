import type { InputNotes } from '@proxmox-mcp/ingest-kit';
import type { EventDraft } from '@proxmox-mcp/schemas';

/** What of a poll's answer a draft was read from: a row, a pair of rows, lines of a log. Never the whole list. */
export interface Seen extends InputNotes {
  readonly body: string;
}

/** A draft with what it was read from. Plain JSON: the journal keeps both until they are told. */
export interface SeenDraft extends EventDraft {
  readonly seen?: Seen;
}

/** The parts of a draft that say which object it is about, as one word. */
export function subjectOf({ guest, node, storage }: EventDraft): string {
  return guest ? `guest/${guest.vmid}` : `${node ?? ''}/${storage ?? ''}`;
}

/**
 * The draft with the two states of its object that differ. A reader of the pair may find more in it (the node of a guest is in it too,
 * and has its own); type and subject in the context say which of its findings this is, and the identity is ours alone.
 */
export function seenPair(
  draft: EventDraft,
  format: string,
  [before, after]: readonly [readonly object[], readonly object[]],
  context: Readonly<Record<string, unknown>> = {},
): SeenDraft {
  const { type, identity } = draft;
  return {
    ...draft,
    seen: {
      format,
      body: JSON.stringify({ before, after }),
      context: { ...context, identity, type, subject: subjectOf(draft) },
    },
  };
}
