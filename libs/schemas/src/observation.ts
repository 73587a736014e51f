import * as z from 'zod';
import { Product } from './entity.ts';
import { Timestamp } from './event.ts';

const tags = z.array(z.string()).optional();
const num = z.number().optional();

/**
 * A node as polled. Sizes in bytes, `cpu` and `iowait` are ratios 0–1 (of `maxcpu` cores), `uptime` in seconds, pressures in percent of
 * the time that somebody waited. From `version` on only where the slower poll of each node is answered; pressures, `memavailable` and
 * `arcsize` since PVE 9.
 */
export const NodeRow = z.object({
  kind: z.literal('node'),
  node: z.string(),
  status: z.enum(['online', 'offline', 'unknown']),
  uptime: num,
  cpu: num,
  maxcpu: num,
  mem: num,
  maxmem: num,
  disk: num,
  maxdisk: num,
  hastate: z.string().optional(),
  version: z.string().optional(),
  iowait: num,
  loadavg: num,
  memavailable: num,
  arcsize: num,
  swapused: num,
  swaptotal: num,
  pressurecpusome: num,
  pressurememorysome: num,
  pressureiofull: num,
});
/** A guest as polled. A paused VM is `running`, as the API says. */
export const GuestRow = z.object({
  kind: z.literal('guest'),
  guestKind: z.enum(['qemu', 'lxc']),
  vmid: z.int(),
  node: z.string(),
  name: z.string().optional(),
  status: z.enum(['running', 'stopped', 'unknown']),
  template: z.boolean(),
  uptime: num,
  cpu: num,
  maxcpu: num,
  mem: num,
  maxmem: num,
  disk: num,
  maxdisk: num,
  netin: num,
  netout: num,
  lock: z.string().optional(),
  hastate: z.string().optional(),
  pool: z.string().optional(),
  tags,
});
/** A PVE storage as one node sees it. */
export const StorageRow = z.object({
  kind: z.literal('storage'),
  node: z.string(),
  storage: z.string(),
  status: z.enum(['available', 'unavailable', 'unknown']),
  shared: z.boolean(),
  type: z.string().optional(),
  content: z.array(z.string()).optional(),
  used: num,
  total: num,
});
/** A PBS datastore. Without `used`/`total` it is unavailable and `error` says why. */
export const DatastoreRow = z.object({
  kind: z.literal('datastore'),
  node: z.string(),
  datastore: z.string(),
  status: z.enum(['available', 'unavailable']),
  used: num,
  total: num,
  avail: num,
  error: z.string().optional(),
  /** Epoch seconds; absent when not estimated. */
  estimatedFull: num,
});
/** A configured job: PVE backup or replication, PBS verify, sync, prune, gc. Times in epoch seconds. */
export const JobRow = z.object({
  kind: z.literal('job'),
  jobType: z.enum(['backup', 'replication', 'verify', 'sync', 'prune', 'gc']),
  jobId: z.string(),
  node: z.string().optional(),
  storage: z.string().optional(),
  enabled: z.boolean(),
  schedule: z.string().optional(),
  nextRun: num,
  lastRun: num,
  lastRunState: z.string().optional(),
  lastRunUpid: z.string().optional(),
  error: z.string().optional(),
  failCount: num,
  /** It runs now, where the list tells. */
  running: z.boolean().optional(),
});
export const ObservedRow = z.discriminatedUnion('kind', [
  NodeRow,
  GuestRow,
  StorageRow,
  DatastoreRow,
  JobRow,
]);
export type NodeRow = z.infer<typeof NodeRow>;
export type GuestRow = z.infer<typeof GuestRow>;
export type StorageRow = z.infer<typeof StorageRow>;
export type DatastoreRow = z.infer<typeof DatastoreRow>;
export type JobRow = z.infer<typeof JobRow>;
export type ObservedRow = z.infer<typeof ObservedRow>;

/**
 * What a poll saw: whole rows, either all of some kinds (`full`) or those that changed. Not an event: nothing happened
 * by being looked at. `state` folds it into the live picture (docs/decisions/0001).
 */
export const Observation = z.strictObject({
  source: z.string(),
  product: Product,
  cluster: z.string(),
  at: Timestamp,
  /**
   * `true`: together with the parts of the same `at`, `rows` is the whole list of the kinds in `covers`; what is not in it is gone.
   */
  full: z.boolean(),
  covers: z.array(z.enum(['node', 'guest', 'storage', 'datastore', 'job'])),
  /** 1-based part and number of parts: rows are split to stay under the bus's message size. */
  part: z.int().positive(),
  parts: z.int().positive(),
  rows: z.array(ObservedRow),
  /** Keys of rows that are gone, as `rowKey` makes them; only when not `full`. */
  removed: z.array(z.string()),
});
export type Observation = z.infer<typeof Observation>;

/** Identity of a row within its source. */
export function rowKey(row: ObservedRow): string {
  switch (row.kind) {
    case 'node':
      return `node/${row.node}`;
    case 'guest':
      return `guest/${row.vmid}`;
    case 'storage':
      return `storage/${row.node}/${row.storage}`;
    case 'datastore':
      return `datastore/${row.datastore}`;
    case 'job':
      return `job/${row.jobType}/${row.jobId}`;
  }
}
