import type { SeenDraft } from '../seen/seen-draft.ts';
import type { Cursor } from './cursor.ts';

/** A change of the memory, and the events it has to tell. */
export interface Step<M> {
  readonly next: M;
  readonly drafts: readonly SeenDraft[];
}

/** Memory of one part of one source, with the promise that what it knows was told. */
export interface Journal<M> {
  readonly memory: M;
  /**
   * Changes the memory and publishes what the change tells. One change at a time: each sees the memory the one before left.
   * The events are saved beside the memory before they are published, so that a kill in between neither loses nor doubles
   * them. Resolves when they are stored on the bus.
   *
   * @throws {WrongRevision} another replica has taken over; nothing was published.
   */
  apply(change: (memory: M) => Step<M>): Promise<void>;
  /** Saves what `apply` left unsaved because nothing was told. */
  flush(): Promise<void>;
}

export interface JournalOptions<M> {
  readonly cursor: Cursor;
  /** What a new source starts from. */
  readonly initial: M;
  /** Resolves when stored; called again with the same drafts and time after a restart. */
  readonly publish: (drafts: readonly SeenDraft[], atMs: number) => Promise<void>;
  readonly now: () => number;
  /** Whether a change that tells nothing is worth a write at once. Default: any change. */
  readonly isWorthSaving?: (before: M, after: M) => boolean;
}

interface Saved<M> {
  readonly version: 1;
  readonly memory: M;
  readonly pending: readonly SeenDraft[];
  readonly pendingAt: number;
}

/** Opens the journal where the last writer left it, and tells first what that one may not have told. */
export async function openJournal<M>(options: JournalOptions<M>): Promise<Journal<M>> {
  const { cursor, publish, now, isWorthSaving = () => true } = options;
  const saved = await cursor.load();
  let memory = options.initial;
  if (isSaved<M>(saved)) {
    // Keys that an older version did not write take their initial value.
    memory = { ...options.initial, ...saved.memory };
    if (saved.pending.length > 0) await publish(saved.pending, saved.pendingAt);
  }
  let dirty = false;
  let queue: Promise<void> = Promise.resolve();

  const save = async (pending: readonly SeenDraft[], pendingAt: number) => {
    const value: Saved<M> = { version: 1, memory, pending, pendingAt };
    dirty = !(await cursor.save(value));
  };
  const enqueue = (work: () => Promise<void>) => {
    const done = queue.then(work);
    // The queue goes on after a failed change; the failure belongs to its caller.
    queue = done.catch(() => undefined);
    return done;
  };

  return {
    get memory() {
      return memory;
    },
    apply: (change) =>
      enqueue(async () => {
        const { next, drafts } = change(memory);
        const before = memory;
        if (next === before && drafts.length === 0) return;
        memory = next;
        if (drafts.length === 0) {
          if (isWorthSaving(before, next)) await save([], 0);
          else dirty = true;
          return;
        }
        const at = now();
        await save(drafts, at);
        await publish(drafts, at);
        await save([], 0);
      }),
    flush: () => enqueue(async () => (dirty ? save([], 0) : undefined)),
  };
}

function isSaved<M>(value: unknown): value is Saved<M> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    value.version === 1 &&
    'memory' in value
  );
}
