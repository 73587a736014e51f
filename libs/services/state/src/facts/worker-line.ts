import { parseUpid } from '@proxmox-mcp/proxmox-events';
import type { Event, Fact } from '@proxmox-mcp/schemas';
import { partsOf } from './identity.ts';

/** A line that a task's own worker wrote: it has the worker's pid and no UPID (PROXMOX §G.5, T2). */
export interface WorkerLine {
  readonly node: string;
  readonly pid: number;
  /** The guest it is about; `undefined` where it tells of the whole job. */
  readonly vmid: number | undefined;
  /** Milliseconds. */
  readonly at: number;
}

/** Seconds the clocks of line and UPID may differ, and that a line may trail the end of its task. */
const SLACK_MS = 5_000;

/** Longest a backup of many guests is taken to run; bounds where lines are looked for. */
export const LONGEST_RUN_MS = 48 * 3_600_000;

/** Reads an event as a line of a backup worker; `undefined` when it is none. */
export function workerLineOf(event: Event): WorkerLine | undefined {
  const pid = event.facts['worker_pid'];
  if (event.upid !== undefined || event.node === undefined) return undefined;
  if (typeof pid !== 'number' || !Number.isInteger(pid)) return undefined;
  const { family } = partsOf(event.type);
  const vmid = event.guest?.vmid;
  if (family !== 'backup.job' && (family !== 'backup.guest' || vmid === undefined)) return undefined;
  return { node: event.node, pid, vmid, at: Date.parse(event.occurredAt) };
}

/** Span in which the lines of a task's worker lie, in milliseconds. */
export function spanOfWorker(task: {
  readonly startedAt: number;
  readonly endedAt?: number | undefined;
}): [number, number] {
  return [task.startedAt - SLACK_MS, (task.endedAt ?? task.startedAt + LONGEST_RUN_MS) + SLACK_MS];
}

/** When a task began, as its UPID tells; `undefined` when the text is no UPID of a PVE backup. */
export function backupWorkerOf(upid: string): { node: string; pid: number; startedAt: number } | undefined {
  const parts = parseUpid(upid);
  if (parts?.product !== 'pve' || parts.type !== 'vzdump') return undefined;
  return { node: parts.node, pid: parts.pid, startedAt: parts.starttime * 1000 };
}

/**
 * Finds the task whose worker wrote the line. Pids come back after a while, so the time must fit too: the last task of that pid
 * that had begun, unless it had ended before.
 */
export function taskOfLine(line: WorkerLine, tasks: readonly Fact[]): string | undefined {
  const fitting = tasks.filter((task) => {
    const worker = task.upid === undefined ? undefined : backupWorkerOf(task.upid);
    if (worker === undefined) return false;
    const endedAt = task.endedAt === undefined ? undefined : Date.parse(task.endedAt);
    const [from, to] = spanOfWorker({ startedAt: worker.startedAt, endedAt });
    return from <= line.at && line.at <= to;
  });
  return fitting.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1))[0]?.upid;
}
