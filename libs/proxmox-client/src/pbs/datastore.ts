import type { Api, CallOptions } from '../api.ts';
import {
  BackupGroup,
  BackupSnapshot,
  DatastoreStatus,
  DatastoreUsage,
  GarbageCollection,
  PbsJob,
} from '../normalize/pbs.ts';
import { readOne, readRows } from '../normalize/read.ts';
import { nameSegment, type Params } from '../path.ts';

/** Which snapshots. Without a namespace: the root one. */
export interface SnapshotQuery extends CallOptions {
  readonly ns?: string;
  readonly backupType?: 'vm' | 'ct' | 'host';
  readonly backupId?: string;
}

/** Calls about the datastores of a PBS. */
export function pbsDatastores(api: Api) {
  const get = (store: string, path: string, options?: CallOptions, params?: Params) =>
    ({
      ...options,
      method: 'GET',
      path: `/admin/datastore/${nameSegment('datastore name', store)}${path}`,
      ...(params === undefined ? {} : { params }),
    }) as const;
  return {
    /** `GET /status/datastore-usage`. Any user; lists those with Datastore.Audit or Datastore.Backup. */
    async usage(options?: CallOptions): Promise<readonly DatastoreUsage[]> {
      const rows = await readRows(
        api,
        { ...options, method: 'GET', path: '/status/datastore-usage' },
        DatastoreUsage,
      );
      const nowSeconds = api.clock.now() / 1000;
      // A moment in the past is the API's way to say "shrinking, or too little history".
      return rows.map(({ estimatedFullDate, ...row }) =>
        estimatedFullDate !== undefined && estimatedFullDate > nowSeconds
          ? { ...row, estimatedFullDate }
          : row,
      );
    },
    /** `GET /admin/datastore/{store}/status`. Datastore.Audit or Datastore.Backup on /datastore/{store}. */
    status: async (store: string, options?: CallOptions) =>
      readOne(api, get(store, '/status', options), DatastoreStatus),
    /** `GET /admin/datastore/{store}/snapshots`. Datastore.Audit, or Datastore.Backup for one's own. */
    snapshots: async (store: string, { ns, backupType, backupId, ...options }: SnapshotQuery = {}) => {
      const params = { ns, 'backup-type': backupType, 'backup-id': backupId };
      return readRows(api, get(store, '/snapshots', options, params), BackupSnapshot);
    },
    /** `GET /admin/datastore/{store}/groups`. Datastore.Audit, or Datastore.Backup for one's own. */
    groups: async (store: string, { ns, ...options }: { ns?: string } & CallOptions = {}) =>
      readRows(api, get(store, '/groups', options, { ns }), BackupGroup),
  };
}

/** Calls about the jobs of a PBS, each with its latest run. */
export function pbsJobs(api: Api) {
  const list = (kind: string) => (options?: CallOptions) =>
    readRows(api, { ...options, method: 'GET', path: `/admin/${kind}` }, PbsJob);
  return {
    /** `GET /admin/verify`. Datastore.Audit or Datastore.Verify on the datastore. */
    verify: list('verify'),
    /** `GET /admin/sync`. Datastore.Audit on the datastore and Remote.Audit on the remote: without it no row, no error. */
    sync: list('sync'),
    /** `GET /admin/prune`. Datastore.Audit or Datastore.Modify on the datastore. */
    prune: list('prune'),
    /** `GET /admin/gc`. Datastore.Audit or Datastore.Modify on the datastore. */
    gc: (options?: CallOptions) =>
      readRows(api, { ...options, method: 'GET', path: '/admin/gc' }, GarbageCollection),
  };
}
