import type {
  AccessReport,
  BackupJob,
  ClusterStatus,
  HaStatus,
  NodeSample,
  PveClient,
  ReplicationStatus,
  Resource,
} from '@proxmox-mcp/proxmox-client';
import { checkAccess } from '@proxmox-mcp/proxmox-client';
import type { ClusterPort } from '../polls/poll.ts';
import type { TaskPort } from '../tasks/task-port.ts';

/** What the watch asks of a PVE host or cluster. Every call throws `ProxmoxError`. */
export interface PvePort extends Omit<TaskPort, 'reachableNodes'>, ClusterPort {
  readonly access: (signal: AbortSignal) => Promise<AccessReport>;
  readonly resources: (signal: AbortSignal) => Promise<readonly Resource[]>;
  readonly clusterStatus: (signal: AbortSignal) => Promise<readonly ClusterStatus[]>;
  readonly haStatus: (signal: AbortSignal) => Promise<readonly HaStatus[]>;
  readonly backupJobs: (signal: AbortSignal) => Promise<readonly BackupJob[]>;
  readonly replication: (node: string, signal: AbortSignal) => Promise<readonly ReplicationStatus[]>;
  /** How a node fared in the last 70 minutes, oldest first. */
  readonly samples: (node: string, signal: AbortSignal) => Promise<readonly NodeSample[]>;
  /** Release of a node's software. */
  readonly version: (node: string, signal: AbortSignal) => Promise<string>;
  /** Raw `data` of a configuration list nobody else reads. */
  readonly get: (path: string, signal: AbortSignal) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** A node that hangs answers through its neighbour only after 30 s: longer than the others can wait. */
const NODE_TIMEOUT_MS = 5_000;
/** smartctl takes seconds per disk, and up to a minute on one that is dying. */
const DISKS_TIMEOUT_MS = 60_000;
const SLOW_TIMEOUT_MS = 20_000;

/** The port of a real host. */
export function createPvePort(client: PveClient): PvePort {
  const node = (signal: AbortSignal) => ({ signal, timeoutMs: NODE_TIMEOUT_MS });
  // Asked again by the next look: a second attempt now would only hold the connection twice as long.
  const slow = (signal: AbortSignal, timeoutMs = SLOW_TIMEOUT_MS) => ({ signal, timeoutMs, retries: 0 });
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
    disks: (name, signal) => client.nodes.disks(name, slow(signal, DISKS_TIMEOUT_MS)),
    zfs: (name, signal) => client.nodes.zfs(name, slow(signal)),
    zfsPool: (name, pool, signal) => client.nodes.zfsPool(name, pool, slow(signal)),
    certificates: (name, signal) => client.nodes.certificates(name, slow(signal)),
    services: (name, signal) => client.nodes.services(name, slow(signal)),
    updates: (name, signal) => client.nodes.updates(name, slow(signal)),
    subscription: (name, signal) => client.nodes.subscription(name, slow(signal)),
    samples: (name, signal) => client.nodes.samples(name, node(signal)),
    version: async (name, signal) => (await client.nodes.version(name, node(signal))).version,
    ceph: (signal) => client.cluster.cephStatus(slow(signal)),
    notBackedUp: (signal) => client.cluster.notBackedUp(slow(signal)),
    get: (path, signal) => client.get(path, undefined, node(signal)),
    close: () => client.close(),
  };
}
