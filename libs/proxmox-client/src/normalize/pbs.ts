import * as z from 'zod';
import { flag, flagOff, needNum, needText, num, part, text, texts } from './values.ts';

/** Usage of a datastore. Without `total` it is unavailable, and `error` says why. */
export const DatastoreUsage = z.object({
  store: needText,
  total: num,
  used: num,
  avail: num,
  /** mounted, notmounted, nonremovable. */
  mountStatus: text,
  backendType: text,
  /** Epoch seconds; absent when not estimated (the API says 0 or a moment long past). */
  estimatedFullDate: z.preprocess(
    (value) => (typeof value === 'number' && value > 0 ? value : undefined),
    z.number().optional(),
  ),
  error: text,
  gcStatus: part({
    upid: text,
    diskBytes: num,
    pendingBytes: num,
    removedBytes: num,
    removedBad: num,
    stillBad: num,
  }),
});
export type DatastoreUsage = z.infer<typeof DatastoreUsage>;

/** State of one datastore. */
export const DatastoreStatus = z.object({ total: num, used: num, avail: num, backendType: text });
export type DatastoreStatus = z.infer<typeof DatastoreStatus>;

const lastRun = {
  /** Epoch seconds. */
  nextRun: num,
  lastRunState: text,
  lastRunUpid: text,
  lastRunEndtime: num,
};

/** A verify, sync or prune job with its latest run. */
export const PbsJob = z.object({
  id: needText,
  store: needText,
  ns: text,
  schedule: text,
  comment: text,
  disable: flagOff,
  remote: text,
  remoteStore: text,
  syncDirection: text,
  ...lastRun,
});
export type PbsJob = z.infer<typeof PbsJob>;

/** Garbage collection of a datastore. */
export const GarbageCollection = z.object({
  store: needText,
  schedule: text,
  /** Of the latest run that left a state. */
  upid: text,
  nextRun: num,
  lastRunState: text,
  lastRunEndtime: num,
  duration: num,
  diskBytes: num,
  pendingBytes: num,
  removedBytes: num,
  removedBad: num,
  stillBad: num,
});
export type GarbageCollection = z.infer<typeof GarbageCollection>;

/** A backup snapshot. */
export const BackupSnapshot = z.object({
  backupType: needText,
  backupId: needText,
  /** Epoch seconds. */
  backupTime: needNum,
  size: num,
  owner: text,
  protected: flag,
  comment: text,
  /** Set on encrypted ones: fingerprint of the key. */
  fingerprint: text,
  /** `state` is ok or failed. */
  verification: part({ state: text, upid: text }),
});
export type BackupSnapshot = z.infer<typeof BackupSnapshot>;

/** A backup group. */
export const BackupGroup = z.object({
  backupType: needText,
  backupId: needText,
  backupCount: num,
  /** Epoch seconds. */
  lastBackup: num,
  owner: text,
  comment: text,
  files: texts,
});
export type BackupGroup = z.infer<typeof BackupGroup>;
