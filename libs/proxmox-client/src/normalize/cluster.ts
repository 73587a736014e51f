import * as z from 'zod';
import {
  flag,
  flagOff,
  flagOn,
  needNum,
  needText,
  needVmid,
  num,
  part,
  text,
  word,
  words,
} from './values.ts';

/** Product version. */
export const Version = z.object({ version: needText, release: text, repoid: text });
export type Version = z.infer<typeof Version>;

/** A row of `cluster/status`: the cluster itself (absent on a standalone host), or a member. */
export const ClusterStatus = z.discriminatedUnion('type', [
  z.object({ type: z.literal('cluster'), name: needText, nodes: num, quorate: flagOff, version: num }),
  z.object({
    type: z.literal('node'),
    name: needText,
    /** Corosync's number of it; 0 on a standalone host. */
    nodeid: num,
    ip: text,
    online: flagOff,
    /** The node that answered. */
    local: flagOff,
    /** Subscription level. */
    level: text,
  }),
]);
export type ClusterStatus = z.infer<typeof ClusterStatus>;

/** A line of the cluster log. `uid` counts per node: `(node, uid)` identifies. */
export const ClusterLogEntry = z.object({
  uid: needNum,
  node: needText,
  /** Epoch seconds. */
  time: num,
  /** Syslog priority 0–7. */
  pri: num,
  tag: text,
  pid: num,
  user: text,
  msg: text,
});
export type ClusterLogEntry = z.infer<typeof ClusterLogEntry>;

/** A row of the HA state: `type` says which of the fields are there. */
export const HaStatus = z.object({
  type: word(['quorum', 'master', 'lrm', 'service', 'fencing', 'other'], 'other'),
  id: needText,
  node: text,
  status: text,
  quorate: flag,
  armedState: text,
  resourceMode: text,
  timestamp: num,
  /** Of services. */
  sid: text,
  state: text,
  crmState: text,
  requestState: text,
  maxRestart: num,
  maxRelocate: num,
  group: text,
  comment: text,
});
export type HaStatus = z.infer<typeof HaStatus>;

/** A configured backup job. */
export const BackupJob = z.object({
  id: needText,
  enabled: flagOn,
  schedule: text,
  storage: text,
  node: text,
  /** Guests by number; or all of them, or a pool's. */
  vmid: words,
  all: flagOff,
  pool: text,
  exclude: words,
  mode: text,
  comment: text,
  notificationMode: text,
  /** Epoch seconds. */
  nextRun: num,
});
export type BackupJob = z.infer<typeof BackupJob>;

/** A guest no backup job covers. */
export const NotBackedUp = z.object({ vmid: needVmid, type: text, name: text });
export type NotBackedUp = z.infer<typeof NotBackedUp>;

/** A configured replication job as it stands on one node. Times in epoch seconds, 0 means never. */
export const ReplicationStatus = z.object({
  id: needText,
  guest: num,
  vmtype: text,
  source: text,
  target: text,
  schedule: text,
  disable: flagOff,
  lastSync: num,
  lastTry: num,
  nextSync: num,
  /** Seconds. */
  duration: num,
  failCount: num,
  error: text,
  /** Running now. */
  pid: num,
});
export type ReplicationStatus = z.infer<typeof ReplicationStatus>;

/** Effective privileges: path → privilege → whether it also holds below. */
export type Permissions = Readonly<Record<string, Readonly<Record<string, boolean>>>>;

/** Part of other rows. */
export const sizes = part({ total: num, used: num, free: num, available: num, avail: num });
