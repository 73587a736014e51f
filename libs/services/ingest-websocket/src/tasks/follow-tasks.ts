import { ProxmoxError } from '@proxmox-mcp/proxmox-client';
import { parseUpid, type TaskRow, type Upid } from '@proxmox-mcp/proxmox-events';
import type { Journal } from '../cursor/journal.ts';
import type { HostTools } from '../host/host-tools.ts';
import type { Lanes } from '../pace/lanes.ts';
import type { Archive } from './archive.ts';
import { firstPlan, statusPeriodMs, type FollowState } from './follow-plan.ts';
import type { TaskLogs } from './task-logs.ts';
import { foldEnd, type TaskMemory } from './task-memory.ts';
import { rowOf, rowsOf, type TaskPort } from './task-port.ts';

export interface FollowOptions {
  readonly tools: HostTools;
  readonly port: TaskPort;
  readonly journal: Journal<TaskMemory>;
  readonly lanes: Lanes;
  readonly archive: Archive;
  readonly logs: TaskLogs;
  readonly progressMs: number;
}

/** Follows known tasks one by one, as far as the budget allows. */
export interface Follower {
  /** One turn: starts what is due and can be started now; does not wait for it. */
  readonly turn: () => Promise<void>;
  /** Running tasks that a list no longer shows. */
  readonly vanished: (upids: readonly Upid[]) => void;
  /** A node's archive may know what nobody has seen. */
  readonly catchUp: (node: string) => void;
}

/** So many tasks of one node vanishing at once are looked up in its archive, one call for all. */
const MANY_VANISHED = 3;
/** What following leaves in the purse for the lists. */
const RESERVE = 3;
const RETRY_MS = 10_000;
const ARCHIVE_PAGE = 100;

export function createFollower(options: FollowOptions): Follower {
  const { tools, port, journal, lanes, archive, logs, progressMs } = options;
  const { clock, signal, budget } = tools;
  const plans = new Map<string, FollowState>();
  const catchUpDue = new Set<string>();

  const planOf = (upid: string, seenAt: number): FollowState => {
    const plan = plans.get(upid) ?? firstPlan(upid, seenAt);
    plans.set(upid, plan);
    return plan;
  };
  const end = (row: TaskRow) => journal.apply((memory) => foldEnd(memory, row, clock.now()));

  const askStatus = async (upid: Upid, seenAt: number) => {
    const plan = planOf(upid.text, seenAt);
    plan.nextStatusAt = clock.now() + RETRY_MS;
    try {
      const row = rowOf(await port.status(upid.text, signal));
      if (row?.end) await end(row);
      else plan.nextStatusAt = clock.now() + statusPeriodMs(clock.now() - seenAt);
    } catch (error) {
      if (!(error instanceof ProxmoxError) || error.kind !== 'no-such-task') throw error;
      // The node does not know a task that ran. Its archive may; else nobody knows how it ended.
      const rows = rowsOf(await port.archive(upid.node, 0, ARCHIVE_PAGE, signal));
      await end(rows.find((row) => row.upid.text === upid.text && row.end) ?? { upid, end: {} });
    }
  };

  const catchUpNodes = () => {
    for (const node of catchUpDue) {
      if (!lanes.isFree(node)) continue;
      catchUpDue.delete(node);
      lanes.run(node, async () => {
        try {
          await archive.catchUp(node);
        } catch (error) {
          catchUpDue.add(node);
          throw error;
        }
      });
    }
  };

  const tellEnds = (nowMs: number) => {
    for (const [text, { endtime }] of Object.entries(journal.memory.logsDue)) {
      const upid = parseUpid(text);
      if (!upid || !logs.isDue(text, nowMs) || !lanes.isFree(upid.node)) continue;
      if (!budget.tryTake(RESERVE)) return;
      lanes.run(upid.node, () => logs.tellEnd(upid, endtime));
    }
  };

  const lookAtRunning = (nowMs: number) => {
    const due = Object.entries(journal.memory.running)
      .map(([text, seenAt]) => ({ text, seenAt, plan: planOf(text, seenAt) }))
      .filter(({ plan }) => Math.min(plan.nextStatusAt, plan.nextProgressAt) <= nowMs)
      .toSorted((a, b) => a.plan.nextStatusAt - b.plan.nextStatusAt);
    for (const { text, seenAt, plan } of due) {
      const upid = parseUpid(text);
      if (!upid || !lanes.isFree(upid.node)) continue;
      if (!budget.tryTake(RESERVE)) return;
      if (plan.nextStatusAt <= nowMs) lanes.run(upid.node, () => askStatus(upid, seenAt));
      else {
        plan.nextProgressAt = nowMs + progressMs;
        lanes.run(upid.node, () => logs.tellProgress(upid));
      }
    }
  };

  const forgetEnded = () => {
    const { running, logsDue } = journal.memory;
    for (const text of plans.keys()) {
      if (Object.hasOwn(running, text)) continue;
      plans.delete(text);
      if (!Object.hasOwn(logsDue, text)) logs.forget(text);
    }
  };

  return {
    catchUp: (node) => void catchUpDue.add(node),
    vanished(upids) {
      const nowMs = clock.now();
      const perNode = Map.groupBy(upids, (upid) => upid.node);
      for (const [node, gone] of perNode) {
        const isMany = gone.length > MANY_VANISHED;
        if (isMany) catchUpDue.add(node);
        for (const { text } of gone) {
          const plan = planOf(text, nowMs);
          // The archive comes first where many are gone; each that it does not explain is asked for itself.
          if (plan.nextStatusAt - nowMs < RETRY_MS)
            plan.nextStatusAt = Math.min(plan.nextStatusAt, nowMs + (isMany ? 2_000 : 0));
        }
      }
    },
    turn: () => {
      catchUpNodes();
      tellEnds(clock.now());
      forgetEnded();
      lookAtRunning(clock.now());
      return Promise.resolve();
    },
  };
}
