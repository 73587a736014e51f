import * as z from 'zod';
import { sizes } from './cluster.ts';
import { flag, flagOff, needNum, needText, num, part, text, texts, words } from './values.ts';

/** A node's own status, PVE and PBS. Sizes in bytes, `cpu` and `wait` as ratios 0–1. */
export const NodeStatus = z
  .object({
    uptime: num,
    cpu: num,
    wait: num,
    /** 1, 5, 15 minutes. */
    loadavg: z.preprocess(
      (value) => (Array.isArray(value) ? value.map(Number).filter(Number.isFinite) : []),
      z.array(z.number()),
    ),
    memory: sizes,
    swap: sizes,
    /** Root file system. PBS calls it `root`. */
    rootfs: sizes,
    root: sizes,
    kversion: text,
    pveversion: text,
    cpuinfo: part({ cpus: num, cores: num, sockets: num, model: text }),
  })
  .transform(({ root, rootfs, ...rest }) => ({ ...rest, rootfs: rootfs ?? root }));
export type NodeStatus = z.infer<typeof NodeStatus>;

/**
 * A sample of a node, the average of a minute. Sizes in bytes, `iowait` as a ratio 0–1, pressures in percent of the time. PVE 8 has
 * neither pressures nor `memavailable` nor `arcsize`; the newest samples may hold a time only.
 */
export const NodeSample = z.object({
  /** Epoch seconds. */
  time: needNum,
  iowait: num,
  /** Of the last minute. */
  loadavg: num,
  memtotal: num,
  memused: num,
  memavailable: num,
  /** The cache of ZFS. */
  arcsize: num,
  swaptotal: num,
  swapused: num,
  pressurecpusome: num,
  pressurememorysome: num,
  pressureiofull: num,
});
export type NodeSample = z.infer<typeof NodeSample>;

/** A system service. */
export const Service = z.object({
  service: needText,
  name: text,
  desc: text,
  /** running, dead, failed, … (systemd's sub state). */
  state: text,
  /** active, inactive, failed. PVE only. */
  activeState: text,
  /** enabled, disabled, masked, not-found. */
  unitState: text,
});
export type Service = z.infer<typeof Service>;

/** A storage as the node sees it right now. */
export const NodeStorage = z.object({
  storage: needText,
  type: text,
  content: words,
  shared: flagOff,
  enabled: flagOff,
  /** False as soon as it does not answer. */
  active: flagOff,
  total: num,
  used: num,
  avail: num,
  /** Ratio 0–1. */
  usedFraction: num,
});
export type NodeStorage = z.infer<typeof NodeStorage>;

/** A volume on a storage. */
export const Volume = z.object({
  volid: needText,
  content: text,
  vmid: num,
  /** Epoch seconds. */
  ctime: num,
  size: num,
  used: num,
  format: text,
  subtype: text,
  notes: text,
  protected: flagOff,
  encrypted: text,
  /** Of backups on a PBS storage. */
  verification: part({ state: text, upid: text }),
});
export type Volume = z.infer<typeof Volume>;

/** A disk, PVE and PBS. */
export const Disk = z
  .object({
    devpath: text,
    name: text,
    model: text,
    serial: text,
    vendor: text,
    wwn: text,
    size: num,
    /** hdd, ssd, nvme, usb, unknown. */
    type: text,
    diskType: text,
    used: text,
    /** PASSED, OK, FAILED!, UNKNOWN, … */
    health: text,
    status: text,
    /** Percent of life left; absent when the disk does not say. */
    wearout: num,
    rpm: num,
    mounted: flag,
  })
  .transform(({ name, diskType, status, ...rest }, context) => {
    // PBS has other words for three of them.
    const devpath = rest.devpath ?? (name === undefined ? undefined : `/dev/${name}`);
    if (devpath === undefined) {
      context.addIssue({ code: 'custom', message: 'a disk without name' });
      return z.NEVER;
    }
    return { ...rest, devpath, type: rest.type ?? diskType, health: rest.health ?? status };
  });
export type Disk = z.infer<typeof Disk>;

/** A ZFS pool. */
export const ZfsPool = z.object({
  name: needText,
  /** ONLINE, DEGRADED, FAULTED, SUSPENDED, … */
  health: text,
  size: num,
  alloc: num,
  free: num,
  frag: num,
  dedup: num,
});
export type ZfsPool = z.infer<typeof ZfsPool>;

/** A certificate file of the node. Dates in epoch seconds. */
export const Certificate = z.object({
  filename: needText,
  /** SHA-256, upper-case hex pairs joined by colons. */
  fingerprint: text,
  subject: text,
  issuer: text,
  notbefore: num,
  notafter: num,
  san: texts,
});
export type Certificate = z.infer<typeof Certificate>;

/** A network interface. */
export const NetworkInterface = z.object({
  iface: needText,
  type: text,
  active: flagOff,
  autostart: flagOff,
  exists: flagOff,
  method: text,
  address: text,
  cidr: text,
  gateway: text,
  bridgePorts: text,
  slaves: text,
  comments: text,
});
export type NetworkInterface = z.infer<typeof NetworkInterface>;

/** A package that can be upgraded. */
export const PackageUpdate = z
  .object({ Package: needText, Version: text, OldVersion: text, Origin: text, Priority: text, Title: text })
  .transform((row) => ({
    name: row.Package,
    version: row.Version,
    oldVersion: row.OldVersion,
    origin: row.Origin,
    priority: row.Priority,
    title: row.Title,
  }));
export type PackageUpdate = z.infer<typeof PackageUpdate>;

/** Subscription of a node: `status` is active, notfound, expired, … */
export const Subscription = z.object({
  status: needText,
  message: text,
  level: text,
  productname: text,
  nextduedate: text,
});
export type Subscription = z.infer<typeof Subscription>;

/** A numbered line of a log. */
export const LogLine = z
  .object({ n: needNum, t: z.preprocess((value) => (typeof value === 'string' ? value : ''), z.string()) })
  .transform(({ n, t }) => ({ n, text: t }));
export type LogLine = z.infer<typeof LogLine>;
