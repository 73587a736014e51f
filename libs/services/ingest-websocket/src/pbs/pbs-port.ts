import type {
  AccessReport,
  DatastoreUsage,
  GarbageCollection,
  PbsClient,
  PbsJob,
} from '@proxmox-mcp/proxmox-client';
import { checkAccess } from '@proxmox-mcp/proxmox-client';
import type { TaskPort } from '../tasks/task-port.ts';

/** What the watch asks of a PBS. Every call throws `ProxmoxError`. */
export interface PbsPort extends Omit<TaskPort, 'reachableNodes'> {
  readonly access: (signal: AbortSignal) => Promise<AccessReport>;
  readonly usage: (signal: AbortSignal) => Promise<readonly DatastoreUsage[]>;
  readonly jobs: (kind: 'verify' | 'sync' | 'prune', signal: AbortSignal) => Promise<readonly PbsJob[]>;
  readonly gc: (signal: AbortSignal) => Promise<readonly GarbageCollection[]>;
  /** Raw `data` of an answer nobody else reads. */
  readonly get: (path: string, signal: AbortSignal) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

const LIST_ROWS = 100;

/** The port of a real PBS. Its list runs over into its archive: one call serves both. */
export function createPbsPort(client: PbsClient): PbsPort {
  return {
    access: (signal) => checkAccess(client, { signal }),
    list: async (signal) => (await client.tasks.list({ limit: LIST_ROWS, signal })).rows,
    status: (upid, signal) => client.tasks.status({ upid }, { signal }),
    log: (upid, from, limit, signal) => client.tasks.log({ upid }, { from, limit, signal }),
    archive: async (_node, start, limit, signal) => (await client.tasks.list({ start, limit, signal })).rows,
    usage: (signal) => client.datastores.usage({ signal }),
    jobs: (kind, signal) => client.jobs[kind]({ signal }),
    gc: (signal) => client.jobs.gc({ signal }),
    get: (path, signal) => client.get(path, undefined, { signal }),
    close: () => client.close(),
  };
}
