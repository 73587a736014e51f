import * as z from 'zod';
import { flagOff, needText, needVmid, num, part, tags, text, word, words } from './values.ts';

const usage = { uptime: num, cpu: num, maxcpu: num, mem: num, maxmem: num, disk: num, maxdisk: num };

/** A node in `cluster/resources` and `/nodes`. Offline ones have no usage, and without Sys.Audit nobody's is shown. */
export const NodeResource = z.object({
  type: z.literal('node'),
  node: needText,
  status: word(['online', 'offline', 'unknown'], 'unknown'),
  /** Seconds, ratio 0–1 of `maxcpu` cores, bytes. */
  ...usage,
  hastate: text,
  level: text,
  /** Only in `/nodes`: SHA-256 of the node's certificate. */
  sslFingerprint: text,
});
export type NodeResource = z.infer<typeof NodeResource>;

/** A guest. `unknown`: not reported for five minutes, then without name and usage. A paused VM is `running`. */
export const GuestResource = z.object({
  type: z.enum(['qemu', 'lxc']),
  vmid: needVmid,
  node: needText,
  name: text,
  status: word(['running', 'stopped', 'unknown'], 'unknown'),
  template: flagOff,
  ...usage,
  memhost: num,
  /** Bytes since the guest started. */
  netin: num,
  netout: num,
  diskread: num,
  diskwrite: num,
  /** Why it is locked: backup, migrate, snapshot, … */
  lock: text,
  hastate: text,
  pool: text,
  tags,
});
export type GuestResource = z.infer<typeof GuestResource>;

/** A storage as one node sees it. */
export const StorageResource = z.object({
  type: z.literal('storage'),
  storage: needText,
  node: needText,
  status: word(['available', 'unknown'], 'unknown'),
  plugintype: text,
  shared: flagOff,
  content: words,
  /** Bytes used and in all. */
  disk: num,
  maxdisk: num,
});
export type StorageResource = z.infer<typeof StorageResource>;

/** A pool, SDN zone or network. */
export const OtherResource = z.object({
  type: z.enum(['pool', 'sdn', 'network']),
  id: needText,
  node: text,
  pool: text,
  sdn: text,
  network: text,
  networkType: text,
  status: text,
});
export type OtherResource = z.infer<typeof OtherResource>;

/** A row of `cluster/resources`. */
export const Resource = z.discriminatedUnion('type', [
  NodeResource,
  GuestResource,
  StorageResource,
  OtherResource,
]);
export type Resource = z.infer<typeof Resource>;

const ha = part({ managed: flagOff, state: text, group: text });

/** A guest's `status/current`. */
export const GuestStatus = z.object({
  vmid: needVmid,
  name: text,
  status: word(['running', 'stopped', 'unknown'], 'unknown'),
  /** Finer than `status`, VMs only: running, paused, prelaunch, suspended, … */
  qmpstatus: text,
  template: flagOff,
  uptime: num,
  cpu: num,
  cpus: num,
  mem: num,
  maxmem: num,
  disk: num,
  maxdisk: num,
  swap: num,
  maxswap: num,
  netin: num,
  netout: num,
  diskread: num,
  diskwrite: num,
  /** Pressure stall information, percent. */
  pressurecpusome: num,
  pressurecpufull: num,
  pressureiosome: num,
  pressureiofull: num,
  pressurememorysome: num,
  pressurememoryfull: num,
  pid: num,
  lock: text,
  ha,
  tags,
});
export type GuestStatus = z.infer<typeof GuestStatus>;

/** A snapshot. The row `current` that the API adds for the running state is left out. */
export const Snapshot = z.object({
  name: needText,
  description: text,
  parent: text,
  /** Epoch seconds. */
  snaptime: num,
  /** The VM's memory is part of it. */
  vmstate: flagOff,
});
export type Snapshot = z.infer<typeof Snapshot>;
