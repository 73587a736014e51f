import type {
  AccessReport,
  DatastoreUsage,
  GarbageCollection,
  PbsClient,
  PbsJob,
} from '@proxmox-mcp/proxmox-client';
import { checkAccess } from '@proxmox-mcp/proxmox-client';
import type { SlowPort } from '../polls/poll.ts';
import type { TaskPort } from '../tasks/task-port.ts';

/** What the watch asks of a PBS. Every call throws `ProxmoxError`. */
export interface PbsPort extends Omit<TaskPort, 'reachableNodes'>, SlowPort {
  readonly access: (signal: AbortSignal) => Promise<AccessReport>;
  readonly usage: (signal: AbortSignal) => Promise<readonly DatastoreUsage[]>;
  readonly jobs: (kind: 'verify' | 'sync' | 'prune', signal: AbortSignal) => Promise<readonly PbsJob[]>;
  readonly gc: (signal: AbortSignal) => Promise<readonly GarbageCollection[]>;
  /** Raw `data` of an answer nobody else reads. */
  readonly get: (path: string, signal: AbortSignal) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

const LIST_ROWS = 100;
const DISKS_TIMEOUT_MS = 60_000;
const SLOW_TIMEOUT_MS = 20_000;

/** The port of a real PBS. Its list runs over into its archive: one call serves both. */
export function createPbsPort(client: PbsClient): PbsPort {
  const slow = (signal: AbortSignal, timeoutMs = SLOW_TIMEOUT_MS) => ({ signal, timeoutMs, retries: 0 });
  return {
    access: (signal) => checkAccess(client, { signal }),
    list: async (signal) => (await client.tasks.list({ limit: LIST_ROWS, signal })).rows,
    status: (upid, signal) => client.tasks.status({ upid }, { signal }),
    log: (upid, from, limit, signal) => client.tasks.log({ upid }, { from, limit, signal }),
    archive: async (_node, start, limit, signal) => (await client.tasks.list({ start, limit, signal })).rows,
    usage: (signal) => client.datastores.usage({ signal }),
    jobs: (kind, signal) => client.jobs[kind]({ signal }),
    gc: (signal) => client.jobs.gc({ signal }),
    disks: (_node, signal) => client.node.disks(slow(signal, DISKS_TIMEOUT_MS)),
    zfs: (_node, signal) => client.node.zfs(slow(signal)),
    zfsPool: (_node, pool, signal) => client.node.zfsPool(pool, slow(signal)),
    certificates: (_node, signal) => client.node.certificates(slow(signal)),
    services: (_node, signal) => client.node.services(slow(signal)),
    updates: (_node, signal) => client.node.updates(slow(signal)),
    subscription: (_node, signal) => client.node.subscription(slow(signal)),
    get: (path, signal) => client.get(path, undefined, { signal }),
    close: () => client.close(),
  };
}
