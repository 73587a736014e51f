import * as z from 'zod';
import type { Api, CallOptions } from '../api.ts';
import { BackupJob, ClusterLogEntry, ClusterStatus, HaStatus, NotBackedUp } from '../normalize/cluster.ts';
import { readRows } from '../normalize/read.ts';
import { Resource } from '../normalize/resources.ts';
import type { Task } from '../normalize/task.ts';
import { readTasks } from '../tasks.ts';

// Types that a later version may add are left out, not refused.
const KNOWN = new Set(['node', 'qemu', 'lxc', 'storage', 'pool', 'sdn', 'network']);

/** Calls about a cluster as a whole; a standalone node answers them for itself. */
export function pveCluster(api: Api) {
  const get = (path: string, options: CallOptions | undefined) =>
    ({ ...options, method: 'GET', path }) as const;
  return {
    /**
     * `GET /cluster/resources`. Any user; rows one may not see are missing without a word (VM.Audit, Sys.Audit,
     * Datastore.Audit, Pool.Audit, SDN.Audit each show theirs). Up to ten seconds old; guests of a dead node stay
     * `running` for up to five minutes.
     */
    async resources(
      query: { type?: 'vm' | 'node' | 'storage' | 'sdn' } & CallOptions = {},
    ): Promise<readonly Resource[]> {
      const { type, ...options } = query;
      const known = z.union([Resource, z.object({ type: z.string().refine((one) => !KNOWN.has(one)) })]);
      const rows = await readRows(api, { ...get('/cluster/resources', options), params: { type } }, known);
      return rows.filter((row): row is Resource => KNOWN.has(row.type));
    },
    /**
     * `GET /cluster/tasks`: all running and the latest 25 finished tasks of each node, newest first. Without Sys.Audit on
     * `/` a user sees his own, and a token not even those.
     */
    async tasks(options?: CallOptions): Promise<readonly Task[]> {
      const { rows } = await readTasks(api, get('/cluster/tasks', options));
      // The API groups them by node.
      return rows.toSorted((a, b) => b.starttime - a.starttime);
    },
    /** `GET /cluster/status`: quorum and members. Sys.Audit on `/`. */
    status: (options?: CallOptions) => readRows(api, get('/cluster/status', options), ClusterStatus),
    /** `GET /cluster/log`: the latest lines, newest first. Any user sees his own; Sys.Syslog on `/` shows all. */
    log({ max, ...options }: { max?: number } & CallOptions = {}) {
      return readRows(api, { ...get('/cluster/log', options), params: { max } }, ClusterLogEntry);
    },
    /** `GET /cluster/ha/status/current`. Sys.Audit on `/`. */
    haStatus: (options?: CallOptions) => readRows(api, get('/cluster/ha/status/current', options), HaStatus),
    /** `GET /cluster/backup`: configured backup jobs. Sys.Audit on `/`. */
    backupJobs: (options?: CallOptions) => readRows(api, get('/cluster/backup', options), BackupJob),
    /**
     * `GET /cluster/ceph/status`: what `ceph -s` says, raw. Sys.Audit or Datastore.Audit on `/`.
     *
     * @throws {ProxmoxError} also where there is no Ceph: PVE has no other word for it than a 500.
     */
    cephStatus: (options?: CallOptions): Promise<unknown> =>
      api.get('/cluster/ceph/status', undefined, options),
    /** `GET /cluster/backup-info/not-backed-up`: guests no job covers. Sys.Audit on `/`. */
    notBackedUp: (options?: CallOptions) =>
      readRows(api, get('/cluster/backup-info/not-backed-up', options), NotBackedUp),
  };
}
