import type { Event } from '@proxmox-mcp/schemas';
import { auth } from './auth.ts';
import { copies } from './copies.ts';
import { datastoreDown } from './datastore-down.ts';
import { fencing } from './fencing.ts';
import { guest } from './guest.ts';
import type { Key } from './key.ts';
import { mdadm } from './mdadm.ts';
import { membership } from './membership.ts';
import { nfs } from './nfs.ts';
import { nodeOffline } from './node-offline.ts';
import { oom } from './oom.ts';
import { pbsJobs } from './pbs-jobs.ts';
import { quorum } from './quorum.ts';
import { repeats } from './repeats.ts';
import { replication } from './replication.ts';
import { serviceFailed } from './service-failed.ts';
import { smartd } from './smartd.ts';
import { snapshotLines } from './snapshot-lines.ts';
import { storageDown } from './storage-down.ts';
import { testNotification } from './test-notification.ts';
import { updates } from './updates.ts';
import { vzdump } from './vzdump.ts';
import { workerLines } from './worker-lines.ts';
import { zed } from './zed.ts';

/** Every key there is besides the UPID. The first that a report fits is the one it goes by. */
export const KEYS: readonly Key[] = [
  workerLines,
  snapshotLines,
  vzdump,
  pbsJobs,
  replication,
  fencing,
  quorum,
  membership,
  nodeOffline,
  storageDown,
  datastoreDown,
  nfs,
  serviceFailed,
  smartd,
  zed,
  mdadm,
  oom,
  guest,
  auth,
  updates,
  testNotification,
  repeats,
  copies,
];

const ANY: readonly Key[] = KEYS.filter(({ types }) => types === undefined);
const BY_TYPE: ReadonlyMap<string, readonly Key[]> = new Map(
  [...new Set(KEYS.flatMap(({ types = [] }) => types))].map((type) => [
    type,
    KEYS.filter(({ types }) => types === undefined || types.includes(type)),
  ]),
);
const RANKS: ReadonlyMap<string, number> = new Map(
  KEYS.flatMap(({ precedence = [] }) => precedence.map((type, rank) => [type, rank] as const)),
);

/** A report's key, and where it is looked for. */
export type Placed = { readonly key: Key; readonly place: string };

/** The key that a report without a UPID goes by; `undefined`: it stands alone. */
export function keyOf(event: Event): Placed | undefined {
  for (const key of BY_TYPE.get(event.type) ?? ANY) {
    const place = key.kind === 'chain' ? key.linkOf(event)?.place : key.placeOf(event);
    if (place !== undefined) return { key, place: `${key.name}/${place}` };
  }
  return undefined;
}

/** Which of two conditions in one fact has the final word: the higher. `undefined` where no key says so. */
export function rankOfType(type: string): number | undefined {
  return RANKS.get(type);
}
