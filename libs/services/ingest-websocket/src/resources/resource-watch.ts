import type { Resource } from '@proxmox-mcp/proxmox-client';
import { readResources } from '@proxmox-mcp/proxmox-events';
import type { EventDraft } from '@proxmox-mcp/schemas';
import type { Journal } from '../cursor/journal.ts';
import type { HostTools } from '../host/host-tools.ts';
import { runLoop } from '../pace/loop.ts';
import { foldResources, type ResourceMemory } from './resource-memory.ts';
import { observedResources } from './rows.ts';
import type { NodeFigures } from './node-figures.ts';
import type { Observer } from './observer.ts';

export interface ResourceWatchOptions {
  readonly tools: HostTools;
  readonly journal: Journal<ResourceMemory>;
  readonly observer: Observer;
  readonly resources: (signal: AbortSignal) => Promise<readonly Resource[]>;
  /** Events that another poll of the host tells, and better. */
  readonly isToldElsewhere: (draft: EventDraft) => boolean;
  /** Told of every good answer. */
  readonly onAnswer: (rows: readonly Resource[]) => void;
  /** What else is known of a node. */
  readonly figuresOf: NodeFigures['of'];
  readonly periodMs: number;
}

const FLUSH_MS = 5 * 60_000;
/** One lost answer is a hiccup of pmxcfs; so many in a row are worth a word. */
const TELL_SHRUNKEN_AFTER = 3;

/** Watches nodes, guests and storages of one host until the signal aborts. */
export async function watchResources(options: ResourceWatchOptions): Promise<void> {
  const { tools, journal, observer, periodMs, onAnswer, isToldElsewhere } = options;
  const { clock, signal, health } = tools;
  const look = async () => {
    await tools.take();
    const rows = await options.resources(signal);
    let isShrunken = false;
    await journal.apply((memory) => {
      const step = foldResources(memory, readResources(rows), clock.now());
      isShrunken = step.isShrunken;
      return { ...step, drafts: step.drafts.filter((draft) => !isToldElsewhere(draft)) };
    });
    const lost = journal.memory.shrunken >= TELL_SHRUNKEN_AFTER;
    health.report(
      'rows',
      lost
        ? [
            {
              reason: 'privilege',
              detail: 'cluster/resources lost most of its rows at once',
              fix: 'run test-connection: it names what is missing and the line that grants it',
            },
          ]
        : [],
    );
    if (isShrunken) return tools.doubtAccess();
    onAnswer(rows);
    await observer.see('resources', ['node', 'guest', 'storage'], observedResources(rows, options.figuresOf));
  };
  await tools.together([
    runLoop({ clock, signal, periodMs }, () => tools.guard('resources', look)),
    runLoop({ clock, signal, periodMs: FLUSH_MS, delayMs: FLUSH_MS }, () => journal.flush()),
  ]);
}
