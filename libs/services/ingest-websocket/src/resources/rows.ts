import type {
  BackupJob,
  DatastoreUsage,
  PbsJob,
  ReplicationStatus,
  Resource,
} from '@proxmox-mcp/proxmox-client';
import type { GarbageCollection } from '@proxmox-mcp/proxmox-client';
import type { NodeFigures } from './node-figures.ts';
import type { DatastoreRow, JobRow, ObservedRow } from '@proxmox-mcp/schemas';

/** Rows of cluster/resources as the others read them; pools and networks are left out. */
export function observedResources(
  resources: readonly Resource[],
  figuresOf: NodeFigures['of'],
): ObservedRow[] {
  return resources.flatMap((row): ObservedRow[] => {
    switch (row.type) {
      case 'node': {
        const { node, status, uptime, cpu, maxcpu, mem, maxmem, disk, maxdisk, hastate } = row;
        const figures = status === 'online' ? figuresOf(node) : {};
        const usage = { uptime, cpu, maxcpu, mem, maxmem, disk, maxdisk };
        return [present({ kind: 'node', node, status, ...usage, hastate, ...figures })];
      }
      case 'qemu':
      case 'lxc': {
        const { type, memhost: _m, diskread: _r, diskwrite: _w, tags, ...rest } = row;
        return [present({ kind: 'guest', guestKind: type, ...rest, ...(tags.length > 0 && { tags }) })];
      }
      case 'storage': {
        const { node, storage, status, shared, plugintype, content, disk, maxdisk } = row;
        return [
          present({
            kind: 'storage',
            node,
            storage,
            status,
            shared,
            type: plugintype,
            content,
            used: disk,
            total: maxdisk,
          }),
        ];
      }
      default:
        return [];
    }
  });
}

/** Datastores of a PBS. */
export function observedDatastores(rows: readonly DatastoreUsage[], node: string): ObservedRow[] {
  return rows.map((row) =>
    present<DatastoreRow>({
      kind: 'datastore',
      node,
      datastore: row.store,
      status: row.error === undefined && row.total !== undefined ? 'available' : 'unavailable',
      used: row.used,
      total: row.total,
      avail: row.avail,
      error: row.error?.slice(0, 1_000),
      estimatedFull: row.estimatedFullDate,
    }),
  );
}

/** Configured backup jobs of a cluster. */
export function observedBackupJobs(jobs: readonly BackupJob[]): JobRow[] {
  return jobs.map((job) =>
    present({
      kind: 'job',
      jobType: 'backup',
      jobId: job.id,
      node: job.node,
      storage: job.storage,
      enabled: job.enabled,
      schedule: job.schedule,
      nextRun: job.nextRun,
    }),
  );
}

/** Replication jobs as they stand on their source node. */
export function observedReplication(jobs: readonly ReplicationStatus[], node: string): JobRow[] {
  return jobs.map((job) =>
    present({
      kind: 'job',
      jobType: 'replication',
      jobId: job.id,
      node: job.source ?? node,
      enabled: !job.disable,
      schedule: job.schedule,
      nextRun: job.nextSync || undefined,
      lastRun: job.lastTry || undefined,
      lastRunState: job.lastTry ? ((job.failCount ?? 0) > 0 ? 'error' : 'OK') : undefined,
      error: job.error?.slice(0, 1_000),
      failCount: job.failCount,
      running: job.pid === undefined ? undefined : true,
    }),
  );
}

/** Verify, sync or prune jobs of a PBS. */
export function observedPbsJobs(
  jobType: 'verify' | 'sync' | 'prune',
  jobs: readonly PbsJob[],
  node: string,
): JobRow[] {
  return jobs.map((job) =>
    present({
      kind: 'job',
      jobType,
      jobId: job.id,
      node,
      storage: job.store,
      enabled: !job.disable,
      schedule: job.schedule,
      nextRun: job.nextRun,
      lastRun: job.lastRunEndtime,
      lastRunState: job.lastRunState,
      lastRunUpid: job.lastRunUpid,
    }),
  );
}

/** Garbage collection of each datastore; the datastore is the job. */
export function observedGc(rows: readonly GarbageCollection[], node: string): JobRow[] {
  return rows.map((row) =>
    present({
      kind: 'job',
      jobType: 'gc',
      jobId: row.store,
      node,
      storage: row.store,
      enabled: row.schedule !== undefined,
      schedule: row.schedule,
      nextRun: row.nextRun,
      lastRun: row.lastRunEndtime,
      lastRunState: row.lastRunState,
      lastRunUpid: row.upid,
    }),
  );
}

/** A row without what is not known: our schemas refuse a key that is there and undefined. */
function present<T extends object>(row: { [K in keyof T]: T[K] | undefined }): T {
  // Dropping the undefined keys is what makes it a T.
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as T;
}
