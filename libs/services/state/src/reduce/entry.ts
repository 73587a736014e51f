import {
  stateKeys,
  type DatastoreState,
  type GuestState,
  type JobState,
  type NodeState,
  type Observation,
  type ObservedRow,
  type StorageState,
} from '@proxmox-mcp/schemas';
import { followRun } from './guest-run.ts';

/** One entry of the live picture. */
export type Entry = NodeState | GuestState | StorageState | DatastoreState | JobState;

/** Key of a row in the STATE key-value. A shared storage has one key for all nodes (`storage.ts`). */
export function keyOf(row: ObservedRow, cluster: string): string {
  switch (row.kind) {
    case 'node':
      return stateKeys.node(cluster, row.node);
    case 'guest':
      return stateKeys.guest(cluster, row.vmid);
    case 'storage':
      return stateKeys.storage(cluster, row.storage, row.shared ? undefined : row.node);
    case 'datastore':
      return stateKeys.datastore(cluster, row.datastore);
    case 'job':
      return stateKeys.job(cluster, row.jobType, row.jobId);
  }
}

/** What `since` counts from: jobs have no status, but their last run has. */
function statusOf(row: ObservedRow): string {
  return row.kind === 'job' ? (row.lastRunState ?? '') : row.status;
}

/** Folds a row into its entry: whole rows replace, `since` stays while the status does. */
export function fold(
  before: Entry | undefined,
  row: ObservedRow,
  seen: Pick<Observation, 'source' | 'product' | 'cluster' | 'at'>,
): Entry {
  const { source, product, cluster, at } = seen;
  const since = before !== undefined && statusOf(before) === statusOf(row) ? before.since : at;
  // Guests of a dead node come without a name; the one they had is still theirs.
  const name =
    row.kind === 'guest' && row.name === undefined && before?.kind === 'guest' ? before.name : undefined;
  const about = { source, product, cluster, observedAt: at, since };
  if (row.kind !== 'guest') return { ...row, ...about };
  const guest = { ...row, ...(name === undefined ? {} : { name }), ...about };
  return followRun(before?.kind === 'guest' ? before : undefined, guest);
}

/** Fields that move all the time; alone they are written at most once in `METRICS_EVERY_MS`. */
const METRICS: ReadonlySet<string> = new Set([
  'cpu',
  'mem',
  'disk',
  'netin',
  'netout',
  'uptime',
  'iowait',
  'loadavg',
  'memavailable',
  'arcsize',
  'swapused',
  'pressurecpusome',
  'pressurememorysome',
  'pressureiofull',
  'used',
  'avail',
  'estimatedFull',
  'observedAt',
  'stoppedUnder',
]);

/** Oldest metrics a reader of the key-value sees, in milliseconds. */
export const METRICS_EVERY_MS = 60_000;

/** Whether the new entry is worth a write. */
export function isWorthWriting(before: Entry | undefined, after: Entry): boolean {
  if (before === undefined) return true;
  if (Date.parse(after.observedAt) - Date.parse(before.observedAt) >= METRICS_EVERY_MS) return true;
  return withoutMetrics(before) !== withoutMetrics(after);
}

function withoutMetrics(entry: Entry): string {
  const lasting = Object.entries(entry).filter(([key, value]) => !METRICS.has(key) && value !== undefined);
  return JSON.stringify(lasting.sort(([a], [b]) => (a < b ? -1 : 1)));
}
