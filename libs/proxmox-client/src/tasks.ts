import type { Api, Call, CallOptions } from './api.ts';
import { ProxmoxError } from './error.ts';
import { readOne, readPage, type Page } from './normalize/read.ts';
import { LogLine } from './normalize/node.ts';
import { ListedTask, TaskStatus, type Task } from './normalize/task.ts';
import { nodeSegment } from './path.ts';
import { readUpid } from './upid.ts';

/** A task by its id. */
export interface TaskRef {
  readonly upid: string;
  /** Where to ask. Default: the node in the UPID (PVE), the host itself (PBS). */
  readonly node?: string;
}

/** A stretch of a task's log. */
export interface LogPage {
  readonly lines: readonly LogLine[];
  /** Lines there are by now. */
  readonly total: number;
  /** Pass as `from` to read on. */
  readonly next: number;
}

/** Which part of a log. */
export interface LogRange {
  /** Lines to skip. Default 0. */
  readonly from?: number;
  /** Lines at most. Default 500. */
  readonly limit?: number;
}

/** Calls about tasks, alike for PVE and PBS. */
export interface TaskApi {
  /**
   * `GET /nodes/{node}/tasks/{upid}/status`. Own tasks, or Sys.Audit on /nodes/{node} (PBS: /system/tasks).
   *
   * @throws {ProxmoxError} of kind `no-such-task` when the node does not know it (any more).
   */
  status(ref: TaskRef, options?: CallOptions): Promise<Task>;
  /**
   * `GET /nodes/{node}/tasks/{upid}/log`. Own tasks, or Sys.Audit on /nodes/{node} (PBS: /system/tasks).
   *
   * @throws {ProxmoxError} of kind `no-such-task` when there is no log of it (any more).
   */
  log(ref: TaskRef, range?: LogRange & CallOptions): Promise<LogPage>;
  /**
   * `DELETE /nodes/{node}/tasks/{upid}`: asks a running task to stop; a finished one stays as it is. Own tasks, or
   * Sys.Modify on /nodes/{node} (PBS: /system/tasks).
   */
  stop(ref: TaskRef, options?: CallOptions): Promise<void>;
}

/** Rows of a log endpoint: `{n, t}` with `total`; an empty log has one made-up row. */
export async function readLog(api: Api, call: Call, from: number): Promise<LogPage> {
  const page = await readPage(api, call, LogLine);
  const [first] = page.rows;
  const isFiller = page.total <= 1 && page.rows.length === 1 && first?.n === 1;
  if (isFiller && first.text.startsWith('unable to open file')) {
    throw new ProxmoxError({
      kind: 'no-such-task',
      host: api.name,
      method: call.method,
      path: call.path,
      detail: 'there is no such log',
    });
  }
  if (isFiller && first.text === 'no content') return { lines: [], total: 0, next: from };
  return { lines: page.rows, total: page.total, next: from + page.rows.length };
}

/** The task calls of either product. */
export function taskApi(api: Api): TaskApi {
  const path = ({ upid, node }: TaskRef, rest: string): string => {
    const parts = readUpid(upid);
    if (parts === undefined || parts.product !== api.product) {
      throw new ProxmoxError({
        kind: 'invalid-argument',
        host: api.name,
        method: 'GET',
        path: '/nodes/{node}/tasks/{upid}',
        detail: `not a task id of ${api.product === 'pve' ? 'Proxmox VE' : 'Proxmox Backup Server'}`,
      });
    }
    const where = node ?? (api.product === 'pve' ? parts.node : 'localhost');
    return `/nodes/${nodeSegment(where)}/tasks/${encodeURIComponent(upid)}${rest}`;
  };
  return {
    status: async (ref, options) =>
      readOne(api, { ...options, method: 'GET', path: path(ref, '/status') }, TaskStatus),
    async log(ref, { from = 0, limit = 500, ...options } = {}) {
      // PBS counts lines from 1 (and takes 0 for 1), PVE counts lines to skip.
      const start = api.product === 'pbs' ? from + 1 : from;
      const call: Call = { ...options, method: 'GET', path: path(ref, '/log'), params: { start, limit } };
      return readLog(api, call, from);
    },
    async stop(ref, options) {
      await api.call({ ...options, method: 'DELETE', path: path(ref, '') });
    },
  };
}

/** Rows of a task list. */
export function readTasks(api: Api, call: Call): Promise<Page<Task>> {
  return readPage(api, call, ListedTask);
}
