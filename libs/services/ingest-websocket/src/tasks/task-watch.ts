import { ProxmoxError } from '@proxmox-mcp/proxmox-client';
import { normalizeTaskLog, parseUpid, type TaskRow, type Upid } from '@proxmox-mcp/proxmox-events';
import type { EventDraft } from '@proxmox-mcp/schemas';
import type { Journal } from '../cursor/journal.ts';
import type { HostTools } from '../host/host-tools.ts';
import { runLoop } from '../pace/loop.ts';
import { createLanes } from '../pace/lanes.ts';
import { firstPlan, statusPeriodMs, type FollowState } from './follow-plan.ts';
import { createTaskLog, type TaskLog } from './task-log.ts';
import {
  closeArchive,
  foldArchive,
  foldEnd,
  foldList,
  logTold,
  newestOf,
  type NewestEnd,
  type TaskMemory,
} from './task-memory.ts';
import { rowOf, rowsOf, type TaskPort } from './task-port.ts';

export interface TaskWatchOptions {
  readonly tools: HostTools;
  readonly port: TaskPort;
  readonly journal: Journal<TaskMemory>;
  /** Publishes what is not part of the memory: progress. */
  readonly publish: (drafts: readonly EventDraft[], atMs: number) => Promise<void>;
  readonly listMs: number;
  readonly archiveMs: number;
  readonly progressMs: number;
}

const FOLLOW_MS = 500;
const ARCHIVE_PAGE = 100;
/** Consecutive known rows after which the rest of an archive is known too. */
const ENOUGH_KNOWN = 30;
const MAX_ARCHIVE_PAGES = 20;
/** So many tasks of one node vanishing at once are looked up in its archive, one call for all. */
const MANY_VANISHED = 3;
/** Without an answer for so long, more may have happened than the list shows. */
const GAP_MS = 60_000;
/** What following leaves in the purse for the lists. */
const FOLLOW_RESERVE = 3;
const RETRY_MS = 10_000;
const MAX_LOG_ATTEMPTS = 5;
const MAX_LOGS_FOLLOWED = 64;

/**
 * Watches the tasks of one host until the signal aborts: the list for what begins, each running task's own status for its
 * end, the archive for what was missed, logs for progress and for why a task failed.
 */
export async function watchTasks(options: TaskWatchOptions): Promise<void> {
  const { tools, port, journal, publish, listMs, archiveMs, progressMs } = options;
  const { clock, signal, budget, health, metrics } = tools;
  const plans = new Map<string, FollowState>();
  const logs = new Map<string, TaskLog>();
  const lastProgress = new Map<string, string>();
  const logAttempts = new Map<string, { tries: number; nextAt: number }>();
  const backfillDue = new Set<string>();
  const lanes = createLanes({
    clock,
    onError: (node, error) => tools.nodeError(node, error),
    onSuccess: (node) => health.nodeSucceeded(node),
  });
  let lastListAt: number | undefined;

  const baseline = async () => {
    // Archives first: what ends between the two looks is then in the list, as it was before us.
    for (const node of port.reachableNodes()) {
      await lanes.runAndWait(node, async () => {
        if (!budget.tryTake()) return;
        const newest = newestOf(rowsOf(await port.archive(node, 0, 1, signal)));
        if (newest) await journal.apply((m) => ({ next: closeArchive(m, newest, true), drafts: [] }));
      });
    }
  };

  const look = async () => {
    await tools.take();
    const tasks = await port.list(signal);
    const rows = rowsOf(tasks);
    let found: { vanished: readonly Upid[]; turnedOver: readonly string[] } = {
      vanished: [],
      turnedOver: [],
    };
    await journal.apply((memory) => {
      const step = foldList(memory, rows, clock.now());
      found = step;
      return step;
    });
    const now = clock.now();
    if (lastListAt === undefined || now - lastListAt > GAP_MS)
      for (const node of port.reachableNodes()) backfillDue.add(node);
    lastListAt = now;
    for (const node of found.turnedOver) backfillDue.add(node);
    noteVanished(found.vanished, now);
  };

  const noteVanished = (vanished: readonly Upid[], now: number) => {
    const perNode = new Map<string, number>();
    for (const { node } of vanished) perNode.set(node, (perNode.get(node) ?? 0) + 1);
    for (const [node, count] of perNode) if (count > MANY_VANISHED) backfillDue.add(node);
    for (const upid of vanished) {
      const plan = planOf(upid.text, now);
      // The archive comes first where many are gone; each that it does not explain is asked for itself.
      plan.nextStatusAt = Math.min(
        plan.nextStatusAt,
        (perNode.get(upid.node) ?? 0) > MANY_VANISHED ? now + 2_000 : now,
      );
    }
  };

  const planOf = (upid: string, seenAt: number): FollowState => {
    let plan = plans.get(upid);
    if (!plan) plans.set(upid, (plan = firstPlan(upid, seenAt)));
    return plan;
  };

  const backfill = async (node: string) => {
    let newest: NewestEnd | undefined;
    let known = 0;
    for (let page = 0; page < MAX_ARCHIVE_PAGES; page++) {
      await tools.take();
      const rows = rowsOf(await port.archive(node, page * ARCHIVE_PAGE, ARCHIVE_PAGE, signal));
      newest ??= newestOf(rows);
      await journal.apply((memory) => {
        const step = foldArchive(memory, rows, clock.now());
        known = step.knownAtEnd === rows.length ? known + step.knownAtEnd : step.knownAtEnd;
        return step;
      });
      if (known >= ENOUGH_KNOWN || rows.length < ARCHIVE_PAGE) break;
    }
    const reached = newest;
    if (reached) await journal.apply((m) => ({ next: closeArchive(m, reached, false), drafts: [] }));
    metrics.backfills.inc();
  };

  const end = (row: TaskRow) => journal.apply((memory) => foldEnd(memory, row, clock.now()));

  const askStatus = async (upid: Upid, seenAt: number) => {
    const plan = planOf(upid.text, seenAt);
    try {
      const row = rowOf(await port.status(upid.text, signal));
      if (row?.end) return await end(row);
      plan.nextStatusAt = clock.now() + statusPeriodMs(clock.now() - seenAt);
    } catch (error) {
      plan.nextStatusAt = clock.now() + RETRY_MS;
      if (!(error instanceof ProxmoxError) || error.kind !== 'no-such-task') throw error;
      await resolveLost(upid);
    }
  };

  /** The node does not know a task that ran: its archive may, its log may; else nobody knows how it ended. */
  const resolveLost = async (upid: Upid) => {
    const rows = rowsOf(await port.archive(upid.node, 0, ARCHIVE_PAGE, signal));
    const found = rows.find((row) => row.upid.text === upid.text);
    await end(found ?? { upid, end: { status: undefined } });
  };

  const readProgress = async (upid: Upid) => {
    const log = logOf(upid.text);
    const draft = draftOf(upid, await log.read(signal), { task_running: true });
    if (!draft) return;
    const shape = JSON.stringify(draft.facts);
    if (lastProgress.get(upid.text) === shape) return;
    lastProgress.set(upid.text, shape);
    await publish([draft], clock.now());
  };

  const readEndLog = async (upid: Upid, endtime: number | undefined) => {
    const attempt = logAttempts.get(upid.text) ?? { tries: 0, nextAt: 0 };
    logAttempts.set(upid.text, { tries: attempt.tries + 1, nextAt: clock.now() + RETRY_MS });
    let draft: EventDraft | undefined;
    try {
      const context = { task_running: false, ...(endtime !== undefined && { endtime }) };
      draft = draftOf(upid, await logOf(upid.text).read(signal), context);
    } catch (error) {
      const gone = error instanceof ProxmoxError && error.kind === 'no-such-task';
      if (!gone && attempt.tries + 1 < MAX_LOG_ATTEMPTS) throw error;
      metrics.logsLost.inc();
    }
    await journal.apply((m) => ({ next: logTold(m, upid.text), drafts: draft ? [draft] : [] }));
    for (const map of [logAttempts, logs, lastProgress]) map.delete(upid.text);
  };

  const logOf = (upid: string): TaskLog => {
    const known = logs.get(upid);
    if (known) return known;
    const oldest = logs.size >= MAX_LOGS_FOLLOWED ? logs.keys().next().value : undefined;
    if (oldest !== undefined) logs.delete(oldest);
    const log = createTaskLog(port, upid);
    logs.set(upid, log);
    return log;
  };

  const follow = async () => {
    const now = clock.now();
    const { running, logsDue } = journal.memory;
    for (const node of backfillDue) {
      if (!lanes.isFree(node)) continue;
      backfillDue.delete(node);
      lanes.run(node, () => backfill(node));
    }
    for (const [text, due] of Object.entries(logsDue)) {
      const upid = parseUpid(text);
      if (!upid || (logAttempts.get(text)?.nextAt ?? 0) > now || !lanes.isFree(upid.node)) continue;
      if (!budget.tryTake(FOLLOW_RESERVE)) return;
      lanes.run(upid.node, () => readEndLog(upid, due.endtime));
    }
    for (const text of plans.keys()) if (!Object.hasOwn(running, text)) forget(text, logsDue);
    const due = Object.entries(running)
      .map(([text, seenAt]) => ({ text, seenAt, plan: planOf(text, seenAt) }))
      .filter(({ plan }) => Math.min(plan.nextStatusAt, plan.nextProgressAt) <= now)
      .toSorted((a, b) => a.plan.nextStatusAt - b.plan.nextStatusAt);
    for (const { text, seenAt, plan } of due) {
      const upid = parseUpid(text);
      if (!upid || !lanes.isFree(upid.node)) continue;
      if (!budget.tryTake(FOLLOW_RESERVE)) return;
      if (plan.nextStatusAt <= now) lanes.run(upid.node, () => askStatus(upid, seenAt));
      else {
        plan.nextProgressAt = now + progressMs;
        lanes.run(upid.node, () => readProgress(upid));
      }
    }
  };

  const forget = (text: string, logsDue: TaskMemory['logsDue']) => {
    plans.delete(text);
    if (Object.hasOwn(logsDue, text)) return;
    logs.delete(text);
    lastProgress.delete(text);
  };

  if (!journal.memory.isKnown) await tools.guard('tasks', baseline);
  const loops = [
    runLoop({ clock, signal, periodMs: listMs }, () => tools.guard('tasks', look)),
    runLoop({ clock, signal, periodMs: FOLLOW_MS }, follow),
    runLoop({ clock, signal, periodMs: archiveMs, delayMs: archiveMs }, async () => {
      for (const node of port.reachableNodes()) backfillDue.add(node);
      await journal.flush();
    }),
  ];
  try {
    await tools.together(loops);
  } finally {
    await lanes.settled();
  }
}

/** What a log tells, as one draft; `undefined` when it tells nothing. */
function draftOf(
  upid: Upid,
  lines: readonly string[],
  more: Record<string, unknown>,
): EventDraft | undefined {
  const result = normalizeTaskLog(Buffer.from(lines.join('\n')), {
    context: { upid: upid.text, product: upid.product, ...more },
    receivedAt: 0,
  });
  return 'events' in result ? result.events[0] : undefined;
}
