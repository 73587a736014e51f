import type { LogPage, Task } from '@proxmox-mcp/proxmox-client';
import { parseUpid, type TaskRow } from '@proxmox-mcp/proxmox-events';

/** What the task watch asks of a host, PVE or PBS. Every call throws `ProxmoxError`. */
export interface TaskPort {
  /** Running and recently ended tasks of the whole host or cluster. */
  readonly list: (signal: AbortSignal) => Promise<readonly Task[]>;
  readonly status: (upid: string, signal: AbortSignal) => Promise<Task>;
  readonly log: (upid: string, from: number, limit: number, signal: AbortSignal) => Promise<LogPage>;
  /** A page of a node's finished tasks, newest end first. */
  readonly archive: (
    node: string,
    start: number,
    limit: number,
    signal: AbortSignal,
  ) => Promise<readonly Task[]>;
  /** Nodes that can be asked now. */
  readonly reachableNodes: () => readonly string[];
}

/** A task as the events library reads it; tasks whose UPID it refuses are left out. */
export function rowOf(task: Task): TaskRow | undefined {
  const upid = parseUpid(task.upid);
  if (!upid) return undefined;
  return task.isRunning ? { upid } : { upid, end: { status: task.exitStatus, endtime: task.endtime } };
}

/** The rows of a list. */
export function rowsOf(tasks: readonly Task[]): TaskRow[] {
  return tasks.flatMap((task) => rowOf(task) ?? []);
}
