import type { EventDraft } from '@proxmox-mcp/schemas';

/** What daemons and kernel say again and again for as long as it lasts: pvestatd at each of its passes, every ten seconds. */
const REPEATED: ReadonlySet<string> = new Set([
  'storage.state.unavailable',
  'storage.nfs.timeout',
  'node.statd.slow',
]);

/** More than three passes without the line: it was over, and the next one is news. */
const SILENCE_MS = 35_000;
/** Still told this often while it lasts, so that whoever follows it knows that it does. */
const REMIND_MS = 300_000;
/** Different repeated lines remembered; beyond, the oldest is forgotten and may be told twice. */
const MAX_KNOWN = 10_000;

/** Recognises lines that only repeat what was told a moment ago. */
export interface Repeats {
  /** Whether the draft says nothing new. Called once for each line, in order of arrival. */
  isRepeat(draft: EventDraft, receivedAt: number): boolean;
}

/** Remembers by our own clock: a host that catches up an hour of log sends it within a second, and one line of it is enough. */
export function createRepeats(): Repeats {
  const known = new Map<string, { readonly toldAt: number; readonly seenAt: number }>();
  return {
    isRepeat(draft, receivedAt) {
      if (!REPEATED.has(draft.type)) return false;
      const { server, error } = draft.facts;
      const key = JSON.stringify([draft.type, draft.cluster, draft.node, draft.storage, server, error]);
      const before = known.get(key);
      const isRepeat =
        before !== undefined &&
        receivedAt - before.seenAt <= SILENCE_MS &&
        receivedAt - before.toldAt < REMIND_MS;
      known.delete(key);
      known.set(key, { seenAt: receivedAt, toldAt: isRepeat ? before.toldAt : receivedAt });
      const oldest = known.size > MAX_KNOWN ? known.keys().next().value : undefined;
      if (oldest !== undefined) known.delete(oldest);
      return isRepeat;
    },
  };
}
