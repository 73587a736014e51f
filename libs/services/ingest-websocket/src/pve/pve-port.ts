import type {
  AccessReport,
  BackupJob,
  ClusterStatus,
  HaStatus,
  PveClient,
  ReplicationStatus,
  Resource,
} from '@proxmox-mcp/proxmox-client';
import { checkAccess } from '@proxmox-mcp/proxmox-client';
import type { TaskPort } from '../tasks/task-port.ts';

/** What the watch asks of a PVE host or cluster. Every call throws `ProxmoxError`. */
export interface PvePort extends Omit<TaskPort, 'reachableNodes'> {
  readonly access: (signal: AbortSignal) => Promise<AccessReport>;
  readonly resources: (signal: AbortSignal) => Promise<readonly Resource[]>;
  readonly clusterStatus: (signal: AbortSignal) => Promise<readonly ClusterStatus[]>;
  readonly haStatus: (signal: AbortSignal) => Promise<readonly HaStatus[]>;
  readonly backupJobs: (signal: AbortSignal) => Promise<readonly BackupJob[]>;
  readonly replication: (node: string, signal: AbortSignal) => Promise<readonly ReplicationStatus[]>;
  /** Raw `data` of a configuration list nobody else reads. */
  readonly get: (path: string, signal: AbortSignal) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** A node that hangs answers through its neighbour only after 30 s: longer than the others can wait. */
const NODE_TIMEOUT_MS = 5_000;

/** The port of a real host. */
export function createPvePort(client: PveClient): PvePort {
  const node = (signal: AbortSignal) => ({ signal, timeoutMs: NODE_TIMEOUT_MS });
  return {
    access: (signal) => checkAccess(client, { signal }),
    list: (signal) => client.cluster.tasks({ signal }),
    status: (upid, signal) => client.tasks.status({ upid }, node(signal)),
    log: (upid, from, limit, signal) => client.tasks.log({ upid }, { from, limit, ...node(signal) }),
    archive: async (name, start, limit, signal) =>
      (await client.tasks.list(name, { start, limit, ...node(signal) })).rows,
    resources: (signal) => client.cluster.resources({ signal }),
    clusterStatus: (signal) => client.cluster.status({ signal }),
    haStatus: (signal) => client.cluster.haStatus({ signal }),
    backupJobs: (signal) => client.cluster.backupJobs({ signal }),
    replication: (name, signal) => client.nodes.replication(name, node(signal)),
    get: (path, signal) => client.get(path, undefined, node(signal)),
    close: () => client.close(),
  };
}
