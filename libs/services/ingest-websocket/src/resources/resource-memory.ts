import { draftSubject } from '@proxmox-mcp/ingest-kit';
import { diffResources, type ResourceSnapshot } from '@proxmox-mcp/proxmox-events';
import { rowsAbout } from '../seen/rows-about.ts';
import { seenPair, type SeenDraft } from '../seen/seen-draft.ts';

/** What is remembered of cluster/resources, across restarts. Plain JSON. */
export interface ResourceMemory {
  /** `null` until the first answer. */
  readonly snapshot: ResourceSnapshot | null;
  /** Epoch milliseconds of the first answer: keeps what is told apart from what an earlier memory told. */
  readonly since: number;
  /** Counts the answers that had something to tell: part of the identity of what they told. */
  readonly batch: number;
  /** Answers in a row that had lost most of their rows. */
  readonly shrunken: number;
  /** A shrunken answer was taken for the truth: when the rows come back, they were there all the time. */
  readonly isBlind: boolean;
}

/** The memory of a host never seen before. */
export const NO_RESOURCES: ResourceMemory = {
  snapshot: null,
  since: 0,
  batch: 0,
  shrunken: 0,
  isBlind: false,
};

/** So many shrunken answers in a row are taken for how things are now, without a word about what is gone. */
const BELIEVE_AFTER = 30;

/** Compares an answer with the memory. The first one is what is, not what happened. */
export function foldResources(
  memory: ResourceMemory,
  now: ResourceSnapshot,
  nowMs: number,
): { readonly next: ResourceMemory; readonly drafts: readonly SeenDraft[]; readonly isShrunken: boolean } {
  if (memory.snapshot === null)
    return { next: { ...memory, snapshot: now, since: nowMs }, drafts: [], isShrunken: false };
  const { events, next, shrunken } = diffResources(memory.snapshot, now);
  if (shrunken) {
    const count = memory.shrunken + 1;
    const believed = count >= BELIEVE_AFTER;
    return {
      next: believed
        ? { ...memory, snapshot: now, shrunken: 0, isBlind: true }
        : { ...memory, shrunken: count },
      drafts: [],
      isShrunken: !believed,
    };
  }
  if (memory.isBlind && diffResources(now, memory.snapshot).shrunken)
    return { next: { ...memory, snapshot: now, isBlind: false }, drafts: [], isShrunken: false };
  const batch = events.length > 0 ? memory.batch + 1 : memory.batch;
  const was = memory.snapshot;
  const drafts = events.map((draft) => {
    const identity = `resources/${memory.since}/${batch}/${draft.type}/${draftSubject(draft)}`;
    return seenPair({ ...draft, identity }, 'resources', [rowsAbout(draft, was), rowsAbout(draft, now)]);
  });
  return { next: { ...memory, snapshot: next, batch, shrunken: 0 }, drafts, isShrunken: false };
}

/** Whether a change is more than the passing of time: uptimes and usage alone can wait for the next write. */
export function isResourceNews(before: ResourceMemory, after: ResourceMemory): boolean {
  return before.snapshot === null || before.batch !== after.batch;
}
