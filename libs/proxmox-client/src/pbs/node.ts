import type { Api, CallOptions } from '../api.ts';
import {
  Certificate,
  Disk,
  NodeStatus,
  PackageUpdate,
  Service,
  Subscription,
  ZfsPool,
} from '../normalize/node.ts';
import { readOne, readRows, type Page } from '../normalize/read.ts';
import { nameSegment } from '../path.ts';
import type { Task } from '../normalize/task.ts';
import { readTasks, taskApi } from '../tasks.ts';

const SLOW_MS = 60_000;

/** Which tasks. `since` and `until` in epoch seconds. */
export interface PbsTaskQuery extends CallOptions {
  readonly start?: number;
  /** 0: all. Default 50. */
  readonly limit?: number;
  readonly running?: boolean;
  readonly errors?: boolean;
  readonly store?: string;
  /** Part of a type. */
  readonly typefilter?: string;
  /** Part of a user. */
  readonly userfilter?: string;
  readonly since?: number;
  readonly until?: number;
  readonly statusfilter?: string;
}

/** Calls about tasks of PBS. */
export function pbsTasks(api: Api) {
  return {
    ...taskApi(api),
    /** `GET /nodes/localhost/tasks`, newest first. One's own tasks, or all with Sys.Audit on /system/tasks. */
    async list(query: PbsTaskQuery = {}): Promise<Page<Task>> {
      const { signal, timeoutMs, ...params } = query;
      const options = { ...(signal && { signal }), ...(timeoutMs !== undefined && { timeoutMs }) };
      return readTasks(api, { ...options, method: 'GET', path: '/nodes/localhost/tasks', params });
    },
  };
}

/** Calls about the machine a PBS runs on. */
export function pbsNode(api: Api) {
  const get = (path: string, options?: CallOptions) =>
    ({ ...options, method: 'GET', path: `/nodes/localhost${path}` }) as const;
  return {
    /** `GET /nodes/localhost/status`. Sys.Audit on /system/status. */
    status: (options?: CallOptions) => readOne(api, get('/status', options), NodeStatus),
    /** `GET /nodes/localhost/services`. Sys.Audit on /system/services. */
    services: (options?: CallOptions) => readRows(api, get('/services', options), Service),
    /** `GET /nodes/localhost/disks/list`. Sys.Audit on /system/disks. Asks every disk: allowed a minute. */
    disks: (options?: CallOptions) =>
      readRows(api, get('/disks/list', { timeoutMs: SLOW_MS, ...options }), Disk),
    /** `GET /nodes/localhost/disks/zfs`. Sys.Audit on /system/disks. */
    zfs: (options?: CallOptions) =>
      readRows(api, get('/disks/zfs', { timeoutMs: SLOW_MS, ...options }), ZfsPool),
    /** `GET /nodes/localhost/disks/zfs/{name}`: the pool with its devices and errors. Sys.Audit on /system/disks. */
    zfsPool: async (pool: string, options?: CallOptions): Promise<unknown> =>
      (
        await api.call({
          ...get(`/disks/zfs/${nameSegment('pool name', pool)}`),
          timeoutMs: SLOW_MS,
          ...options,
        })
      ).data,
    /** `GET /nodes/localhost/certificates/info`. Sys.Modify on /system/certificates. */
    certificates: (options?: CallOptions) => readRows(api, get('/certificates/info', options), Certificate),
    /** `GET /nodes/localhost/apt/update`. Sys.Audit on `/`. */
    updates: (options?: CallOptions) => readRows(api, get('/apt/update', options), PackageUpdate),
    /** `GET /nodes/localhost/subscription`. Any user. */
    subscription: (options?: CallOptions) => readOne(api, get('/subscription', options), Subscription),
  };
}
