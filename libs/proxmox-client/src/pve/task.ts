import type { Api, CallOptions } from '../api.ts';
import type { Page } from '../normalize/read.ts';
import type { Task } from '../normalize/task.ts';
import { nodeSegment } from '../path.ts';
import { readTasks, taskApi } from '../tasks.ts';

/** Which tasks of a node. `since` and `until` (epoch seconds) compare the START: a long task is missed by asking since the last look. */
export interface PveTaskQuery extends CallOptions {
  /** Default: finished ones, which includes none that runs. */
  readonly source?: 'archive' | 'active' | 'all';
  readonly start?: number;
  readonly limit?: number;
  readonly vmid?: number;
  readonly typefilter?: string;
  readonly userfilter?: string;
  readonly since?: number;
  readonly until?: number;
  readonly errors?: boolean;
  /** ok, warning, error, unknown; several by comma. */
  readonly statusfilter?: string;
}

/** Calls about tasks of PVE. */
export function pveTasks(api: Api) {
  return {
    ...taskApi(api),
    /**
     * `GET /nodes/{node}/tasks`, newest end first. One's own tasks, or all with Sys.Audit on /nodes/{node}: what one may
     * not see is missing without a word.
     */
    async list(node: string, query: PveTaskQuery = {}): Promise<Page<Task>> {
      const { signal, timeoutMs, ...params } = query;
      return readTasks(api, {
        ...(signal && { signal }),
        ...(timeoutMs !== undefined && { timeoutMs }),
        method: 'GET',
        path: `/nodes/${nodeSegment(node)}/tasks`,
        params,
      });
    },
  };
}
