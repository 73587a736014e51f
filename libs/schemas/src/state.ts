import * as z from 'zod';
import { DatastoreRow, GuestRow, JobRow, NodeRow, StorageRow } from './observation.ts';
import { Product } from './entity.ts';
import { Timestamp } from './event.ts';
import { ChannelName } from './notification.ts';

const seen = {
  source: z.string(),
  product: Product,
  cluster: z.string(),
  /** When it was last observed. */
  observedAt: Timestamp,
  /** Since when `status` is what it is, as far as we saw. */
  since: Timestamp,
};

/** Value of `nodes.<cluster>.<node>` in the STATE key-value. */
export const NodeState = z.object({ ...NodeRow.shape, ...seen });
export type NodeState = z.infer<typeof NodeState>;
/** Value of `guests.<cluster>.<vmid>`. */
export const GuestState = z.object({
  ...GuestRow.shape,
  ...seen,
  /** When it was last seen running, of one that is not. Absent where it was off when it was first seen. */
  ranUntil: Timestamp.optional(),
  /** Lock it has had since it stopped, and when that was last seen: what was being done to it. */
  stoppedUnder: z.object({ lock: z.string(), until: Timestamp }).optional(),
  /** It runs, or ran at first sight, only to be saved: vzdump starts a VM that is off, and stops it again. */
  isForBackup: z.boolean().optional(),
});
export type GuestState = z.infer<typeof GuestState>;
/** Value of `storages.<cluster>.<storage>` for shared, `storages.<cluster>.<node>.<storage>` for local ones and for a node that dissents. */
export const StorageState = z.object({
  ...StorageRow.shape,
  ...seen,
  /** A node that does not reach a shared storage which others reach: an entry beside theirs. */
  dissents: z.literal(true).optional(),
});
export type StorageState = z.infer<typeof StorageState>;
/** Value of `datastores.<pbs>.<datastore>`. */
export const DatastoreState = z.object({ ...DatastoreRow.shape, ...seen });
export type DatastoreState = z.infer<typeof DatastoreState>;
/** Value of `jobs.<cluster>.<jobType>.<jobId>`. */
export const JobState = z.object({ ...JobRow.shape, ...seen });
export type JobState = z.infer<typeof JobState>;

/** One thing that keeps a source from being whole, and the exact line or setting that mends it. */
export const Degradation = z.strictObject({
  /** Small fixed word: `unreachable`, `tls`, `auth`, `privilege`, `timeout`, `not-json`, `clock`, `node-unreachable`. */
  reason: z.string().max(40),
  detail: z.string().max(500),
  /** The `pveum` / `proxmox-backup-manager` line or the setting to change. */
  fix: z.string().max(500).optional(),
  since: Timestamp,
});
export type Degradation = z.infer<typeof Degradation>;

/** Value of `sources.<name>`: how one way in is doing. Written by the ingestor that owns it. */
export const SourceState = z.strictObject({
  name: z.string(),
  /** Service that reads it. */
  service: z.string(),
  product: Product.optional(),
  cluster: z.string().optional(),
  status: z.enum(['starting', 'ok', 'degraded', 'down']),
  degraded: z.array(Degradation),
  version: z.string().optional(),
  lastSuccessAt: Timestamp.optional(),
  /** Replica that holds the lease, where the source is divided among replicas. */
  owner: z.string().optional(),
  at: Timestamp,
});
export type SourceState = z.infer<typeof SourceState>;

/** Value of `channels.<name>`: how one way out is doing. Written by the notifier for every channel it knows. */
export const ChannelState = z.strictObject({
  name: ChannelName,
  /** Whether the settings switch it on. */
  enabled: z.boolean(),
  /** As of the last attempt to send; a channel counts as well until it fails. */
  status: z.enum(['ok', 'failing']),
  /** When it last accepted a notification. */
  lastOkAt: Timestamp.optional(),
  /** Small fixed word or `http-<status>`, of the last refusal that was the channel's own fault. */
  lastFailureReason: z.string().max(200).optional(),
  at: Timestamp,
});
export type ChannelState = z.infer<typeof ChannelState>;

/**
 * Makes one token of a key or subject: NATS allows `[-/_=.A-Za-z0-9]` in keys and splits at dots, so every other byte
 * becomes `=XX` (as in quoted-printable). Reversible by `untoken`.
 */
export function token(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const c = String.fromCharCode(byte);
    out += /[A-Za-z0-9_/-]/.test(c) ? c : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out === '' ? '=' : out;
}

/** Reads back what `token` wrote. */
export function untoken(text: string): string {
  if (text === '=') return '';
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '=') {
      bytes.push(Number.parseInt(text.slice(i + 1, i + 3), 16));
      i += 2;
    } else bytes.push(text.charCodeAt(i));
  }
  return Buffer.from(bytes).toString('utf8');
}

/** Keys of the STATE key-value (CONTRACT §4). */
export const stateKeys = {
  node: (cluster: string, node: string) => `nodes.${token(cluster)}.${token(node)}`,
  guest: (cluster: string, vmid: number) => `guests.${token(cluster)}.${vmid}`,
  storage: (cluster: string, storage: string, node?: string) =>
    node === undefined
      ? `storages.${token(cluster)}.${token(storage)}`
      : `storages.${token(cluster)}.${token(node)}.${token(storage)}`,
  datastore: (pbs: string, datastore: string) => `datastores.${token(pbs)}.${token(datastore)}`,
  job: (cluster: string, jobType: string, jobId: string) =>
    `jobs.${token(cluster)}.${token(jobType)}.${token(jobId)}`,
  source: (name: string) => `sources.${token(name)}`,
  channel: (name: string) => `channels.${token(name)}`,
  /** An `InventorySource` as the API told it. */
  inventory: (source: string) => `inventory.${token(source)}`,
} as const;
