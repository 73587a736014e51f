import type { Journal } from '../cursor/journal.ts';
import type { HostTools } from '../host/host-tools.ts';
import { closeArchive, foldArchive, newestOf, type NewestEnd, type TaskMemory } from './task-memory.ts';
import { rowsOf, type TaskPort } from './task-port.ts';

/** The archives of a host's nodes. */
export interface Archive {
  /** Takes what ended before us for told, node by node. */
  readonly adopt: (node: string) => Promise<void>;
  /** Tells what ended unseen: reads back until it meets what is known. */
  readonly catchUp: (node: string) => Promise<void>;
}

const PAGE = 100;
const MAX_PAGES = 20;
/** Consecutive known rows after which the rest is known too. `since` would not do: it compares starts, not ends. */
const ENOUGH_KNOWN = 30;

export function createArchive(
  tools: Pick<HostTools, 'take' | 'signal' | 'clock' | 'metrics'>,
  port: Pick<TaskPort, 'archive'>,
  journal: Journal<TaskMemory>,
): Archive {
  const { signal, clock, metrics } = tools;
  const close = (newest: NewestEnd | undefined, isBaseline: boolean) =>
    newest && journal.apply((memory) => ({ next: closeArchive(memory, newest, isBaseline), drafts: [] }));
  return {
    async adopt(node) {
      await tools.take();
      // An empty archive is a horizon too: whatever is in it later has ended later.
      await close(newestOf(rowsOf(await port.archive(node, 0, 1, signal))) ?? { node, end: 0 }, true);
    },
    async catchUp(node) {
      let newest: NewestEnd | undefined;
      let known = 0;
      for (let page = 0; page < MAX_PAGES; page++) {
        await tools.take();
        const rows = rowsOf(await port.archive(node, page * PAGE, PAGE, signal));
        newest ??= newestOf(rows);
        await journal.apply((memory) => {
          const step = foldArchive(memory, rows, clock.now());
          known = step.knownAtEnd === rows.length ? known + step.knownAtEnd : step.knownAtEnd;
          return step;
        });
        if (known >= ENOUGH_KNOWN || rows.length < PAGE) break;
      }
      await close(newest, false);
      metrics.backfills.inc();
    },
  };
}
