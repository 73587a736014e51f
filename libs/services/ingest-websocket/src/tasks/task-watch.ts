import type { Upid } from '@proxmox-mcp/proxmox-events';
import type { Journal } from '../cursor/journal.ts';
import type { HostTools } from '../host/host-tools.ts';
import { createLanes } from '../pace/lanes.ts';
import { runLoop } from '../pace/loop.ts';
import type { SeenDraft } from '../seen/seen-draft.ts';
import { createArchive } from './archive.ts';
import { createFollower } from './follow-tasks.ts';
import { createTaskLogs } from './task-logs.ts';
import { foldList, type TaskMemory } from './task-memory.ts';
import { rowsOf, type TaskPort } from './task-port.ts';

export interface TaskWatchOptions {
  readonly tools: HostTools;
  readonly port: TaskPort;
  readonly journal: Journal<TaskMemory>;
  /** Publishes what is not part of the memory: progress. */
  readonly publish: (drafts: readonly SeenDraft[], atMs: number) => Promise<void>;
  readonly listMs: number;
  readonly archiveMs: number;
  readonly progressMs: number;
}

const FOLLOW_MS = 500;
/** Without an answer for so long, more may have happened than the list shows. */
const GAP_MS = 60_000;

/**
 * Watches the tasks of one host until the signal aborts: the list for what begins, each running task's own status for its
 * end, the archive for what was missed, logs for progress and for why a task failed.
 */
export async function watchTasks(options: TaskWatchOptions): Promise<void> {
  const { tools, port, journal, listMs, archiveMs, progressMs } = options;
  const { clock, signal, health } = tools;
  const lanes = createLanes({
    clock,
    onError: (node, error) => tools.nodeError(node, error),
    onSuccess: (node) => health.nodeSucceeded(node),
  });
  const archive = createArchive(tools, port, journal);
  const logs = createTaskLogs(tools, port, journal, options.publish);
  const follower = createFollower({ tools, port, journal, lanes, archive, logs, progressMs });
  let lastListAt: number | undefined;

  const look = async () => {
    await tools.take();
    const rows = rowsOf(await port.list(signal));
    let vanished: readonly Upid[] = [];
    let turnedOver: readonly string[] = [];
    await journal.apply((memory) => {
      const step = foldList(memory, rows, clock.now());
      ({ vanished, turnedOver } = step);
      return step;
    });
    const isAfterGap = lastListAt === undefined || clock.now() - lastListAt > GAP_MS;
    lastListAt = clock.now();
    for (const node of isAfterGap ? port.reachableNodes() : turnedOver) follower.catchUp(node);
    follower.vanished(vanished);
  };

  // Archives before the first list: what ends between the two looks is then in the list, as it was before us.
  if (!journal.memory.isKnown)
    await Promise.all(port.reachableNodes().map((node) => lanes.runAndWait(node, () => archive.adopt(node))));
  try {
    await tools.together([
      runLoop({ clock, signal, periodMs: listMs }, () => tools.guard('tasks', look)),
      runLoop({ clock, signal, periodMs: FOLLOW_MS }, follower.turn),
      runLoop({ clock, signal, periodMs: archiveMs, delayMs: archiveMs }, async () => {
        for (const node of port.reachableNodes()) follower.catchUp(node);
        await journal.flush();
      }),
    ]);
  } finally {
    await lanes.settled();
  }
}
