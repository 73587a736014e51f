import type { PbsDatastore, PbsSnapshot } from '../world/pbs-site.ts';
import { type PbsCall, text } from './call.ts';

/** What the last garbage collection found. */
export const gcStatus = (store: PbsDatastore) => {
  const gc = store.gc;
  const original = store.snapshots.reduce((sum, s) => sum + s.sizeBytes, 0);
  return {
    ...(gc === undefined ? {} : { upid: gc.upid }),
    'index-file-count': gc?.indexFiles ?? 0,
    'index-data-bytes': gc === undefined ? 0 : original,
    'disk-bytes': gc === undefined ? 0 : store.usedBytes,
    'disk-chunks': gc?.diskChunks ?? 0,
    'removed-bytes': gc?.removedBytes ?? 0,
    'removed-chunks': gc?.removedChunks ?? 0,
    'pending-bytes': gc?.pendingBytes ?? 0,
    'pending-chunks': gc?.pendingChunks ?? 0,
    'removed-bad': 0,
    'still-bad': 0,
  };
};

/** Datastores the caller may know of. */
export function visibleStores(call: PbsCall): PbsDatastore[] {
  return [...call.site.datastores.values()].filter((s) =>
    call.has(`/datastore/${s.name}`, 'Datastore.Audit', 'Datastore.Backup'),
  );
}

/** GET /status/datastore-usage: no numbers but an error for one that is away. */
export function usage(call: PbsCall): { data: unknown } {
  return {
    data: visibleStores(call).map((s) =>
      s.error !== undefined
        ? { store: s.name, 'mount-status': 'nonremovable', 'backend-type': 'filesystem', error: s.error }
        : {
            store: s.name,
            total: s.totalBytes,
            used: s.usedBytes,
            avail: s.totalBytes - s.usedBytes,
            'mount-status': 'nonremovable',
            'backend-type': 'filesystem',
            history: Array.from(
              { length: 30 },
              (_, i) => (s.usedBytes / s.totalBytes) * (1 - (30 - i) / 300),
            ),
            'history-start': call.site.seconds() - 30 * 86_400,
            'history-delta': 86_400,
            'estimated-full-date': s.estimatedFullAt ?? 0,
            'gc-status': gcStatus(s),
          },
    ),
  };
}

/** @throws {PbsError} 403 or 400. */
export function findStore(call: PbsCall): PbsDatastore {
  const name = call.path['store'] ?? '';
  call.require(`/datastore/${name}`, 'Datastore.Audit', 'Datastore.Backup');
  const store = call.site.datastores.get(name);
  if (store === undefined) throw call.fail(400, `no such datastore '${name}'`);
  return store;
}

/** @throws {PbsError} 400 while the datastore is away. */
export function mounted(call: PbsCall): PbsDatastore {
  const store = findStore(call);
  if (store.error !== undefined) throw call.fail(400, store.error);
  return store;
}

const snapshotRow = (s: PbsSnapshot) => ({
  'backup-type': s.type,
  'backup-id': s.id,
  'backup-time': s.time,
  files: [
    {
      filename: s.type === 'vm' ? 'drive-scsi0.img.fidx' : 'root.pxar.didx',
      size: s.sizeBytes,
      'crypt-mode': 'none',
    },
    { filename: 'index.json.blob', size: 512, 'crypt-mode': 'none' },
  ],
  size: s.sizeBytes,
  owner: s.owner,
  protected: s.protected,
  ...(s.comment === undefined ? {} : { comment: s.comment }),
  ...(s.verification === undefined ? {} : { verification: s.verification }),
});

/** GET …/snapshots. */
export function snapshots(call: PbsCall): { data: unknown } {
  const store = mounted(call);
  const ns = text(call, 'ns') ?? '';
  const type = text(call, 'backup-type');
  const id = text(call, 'backup-id');
  return {
    data: store.snapshots
      .filter(
        (s) => s.ns === ns && (type === undefined || s.type === type) && (id === undefined || s.id === id),
      )
      .map(snapshotRow),
  };
}

/** GET …/groups. */
export function groups(call: PbsCall): { data: unknown } {
  const store = mounted(call);
  const byName = new Map<string, PbsSnapshot[]>();
  for (const s of store.snapshots) {
    if (s.ns !== (text(call, 'ns') ?? '')) continue;
    const key = `${s.type}/${s.id}`;
    byName.set(key, [...(byName.get(key) ?? []), s]);
  }
  return {
    data: [...byName.values()].flatMap((list) => {
      const newest = list.reduce((a, b) => (a.time >= b.time ? a : b));
      return [
        {
          'backup-type': newest.type,
          'backup-id': newest.id,
          'last-backup': newest.time,
          'backup-count': list.length,
          files: ['index.json.blob'],
          owner: newest.owner,
        },
      ];
    }),
  };
}
