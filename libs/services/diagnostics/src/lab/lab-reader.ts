import {
  createPveClient,
  type ClusterStatus,
  type HaStatus,
  type NodeStorage,
  type Resource,
  type Task,
} from '@proxmox-mcp/proxmox-client';
import type { HostConfig } from '@proxmox-mcp/config';

/** What runbooks read of a PVE host or cluster; each line names the call and its privilege. All of it is GET. */
export interface LabReader {
  /** `GET /cluster/status`. Sys.Audit on `/`. */
  clusterStatus(signal: AbortSignal): Promise<readonly ClusterStatus[]>;
  /** `GET /cluster/ha/status/current`. Sys.Audit on `/`. */
  haStatus(signal: AbortSignal): Promise<readonly HaStatus[]>;
  /** `GET /cluster/resources`. */
  resources(signal: AbortSignal): Promise<readonly Resource[]>;
  /** `GET /cluster/tasks`. Sys.Audit on `/`. */
  clusterTasks(signal: AbortSignal): Promise<readonly Task[]>;
  /** `GET /nodes/{node}/status`, answered by the node itself. Sys.Audit on /nodes/{node}. */
  nodeUptime(node: string, signal: AbortSignal): Promise<number | undefined>;
  /** `GET /nodes/{node}/storage`. Datastore.Audit. */
  storages(node: string, signal: AbortSignal): Promise<readonly NodeStorage[]>;
  /** `GET /nodes/{node}/tasks`, failed backups, newest first. Sys.Audit on /nodes/{node}. */
  failedBackups(node: string, signal: AbortSignal): Promise<readonly Task[]>;
  /** `GET /nodes/{node}/tasks/{upid}/log`, at most 5000 lines from the end. Sys.Audit on /nodes/{node}. */
  taskLog(upid: string, signal: AbortSignal): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Makes the reader of a host; opens nothing until the first call. Tests pass one that answers from a script. */
export type ReaderFactory = (host: HostConfig) => LabReader;

/** Longest log read, in lines; the end is what tells why. */
const MAX_LOG_LINES = 5_000;

/** A run of a runbook has 10 s in all: one call must not use them up. */
const CALL_TIMEOUT_MS = 6_000;

/** Makes a reader over the real client. */
export const createLabReader: ReaderFactory = (host) => {
  const client = createPveClient(host, { timeoutMs: CALL_TIMEOUT_MS, retries: 1 });
  return {
    clusterStatus: (signal) => client.cluster.status({ signal }),
    haStatus: (signal) => client.cluster.haStatus({ signal }),
    resources: (signal) => client.cluster.resources({ signal }),
    clusterTasks: (signal) => client.cluster.tasks({ signal }),
    nodeUptime: async (node, signal) => (await client.nodes.status(node, { signal })).uptime,
    storages: (node, signal) => client.nodes.storages(node, { signal, timeoutMs: CALL_TIMEOUT_MS }),
    failedBackups: async (node, signal) =>
      (await client.tasks.list(node, { signal, typefilter: 'vzdump', errors: true, limit: 10 })).rows,
    async taskLog(upid, signal) {
      const first = await client.tasks.log({ upid }, { signal, limit: MAX_LOG_LINES });
      if (first.total <= MAX_LOG_LINES) return first.lines.map((line) => line.text);
      const from = first.total - MAX_LOG_LINES;
      const end = await client.tasks.log({ upid }, { signal, from, limit: MAX_LOG_LINES });
      // The head names the command, which names the storage.
      return [...first.lines.slice(0, 20), ...end.lines].map((line) => line.text);
    },
    close: () => client.close(),
  };
};
