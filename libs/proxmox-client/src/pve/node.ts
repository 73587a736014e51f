import type { Api, CallOptions } from '../api.ts';
import { ProxmoxError } from '../error.ts';
import { ReplicationStatus, Version } from '../normalize/cluster.ts';
import {
  Certificate,
  Disk,
  NetworkInterface,
  NodeSample,
  NodeStatus,
  NodeStorage,
  PackageUpdate,
  Service,
  Subscription,
  Volume,
  ZfsPool,
} from '../normalize/node.ts';
import { readOne, readRows, readText } from '../normalize/read.ts';
import { NodeResource } from '../normalize/resources.ts';
import { nameSegment, nodeSegment, replicationSegment, type Params } from '../path.ts';
import { readLog, type LogPage, type LogRange } from '../tasks.ts';

// These ask every disk, or a storage that may be gone: slower than anything else.
const SLOW_MS = 60_000;

/** Which part of a node's journal. Times in epoch seconds; `startcursor` is a cursor of an earlier answer. */
export interface JournalRange extends CallOptions {
  readonly since?: number;
  readonly until?: number;
  readonly lastentries?: number;
  readonly startcursor?: string;
  readonly endcursor?: string;
}

/** A piece of a journal. */
export interface JournalPage {
  readonly lines: readonly string[];
  /** Cursors of the first and the last line; absent when there is nothing. Pass `endCursor` as `startcursor` to read on. */
  readonly startCursor?: string;
  readonly endCursor?: string;
}

/** Calls about one node of a cluster. */
export function pveNode(api: Api) {
  const get = (node: string, path: string, options?: CallOptions, params?: Params) =>
    ({
      ...options,
      method: 'GET',
      path: `/nodes/${nodeSegment(node)}${path}`,
      ...(params === undefined ? {} : { params }),
    }) as const;
  return {
    /** `GET /nodes`. Any user; usage only with Sys.Audit on /nodes/{node}. */
    list: (options?: CallOptions) =>
      readRows(api, { ...options, method: 'GET', path: '/nodes' }, NodeResource),
    /** `GET /nodes/{node}/version`. Any user. */
    version: async (node: string, options?: CallOptions) =>
      readOne(api, get(node, '/version', options), Version),
    /** `GET /nodes/{node}/status`. Sys.Audit on /nodes/{node}. */
    status: async (node: string, options?: CallOptions) =>
      readOne(api, get(node, '/status', options), NodeStatus),
    /** `GET /nodes/{node}/rrddata`: the last 70 minutes, oldest first. Sys.Audit on /nodes/{node}. */
    samples: async (node: string, options?: CallOptions) =>
      readRows(api, get(node, '/rrddata', options, { timeframe: 'hour' }), NodeSample),
    /** `GET /nodes/{node}/services`. Sys.Audit on /nodes/{node}. */
    services: async (node: string, options?: CallOptions) =>
      readRows(api, get(node, '/services', options), Service),
    /** `GET /nodes/{node}/network`. Any user. */
    network: async (node: string, options?: CallOptions) =>
      readRows(api, get(node, '/network', options), NetworkInterface),
    /** `GET /nodes/{node}/certificates/info`. Any user. */
    certificates: async (node: string, options?: CallOptions) =>
      readRows(api, get(node, '/certificates/info', options), Certificate),
    /** `GET /nodes/{node}/subscription`. Any user. */
    subscription: async (node: string, options?: CallOptions) =>
      readOne(api, get(node, '/subscription', options), Subscription),
    /** `GET /nodes/{node}/apt/update`: upgrades known since the last refresh. Sys.Modify on /nodes/{node}. */
    updates: async (node: string, options?: CallOptions) =>
      readRows(api, get(node, '/apt/update', options), PackageUpdate),
    /**
     * `GET /nodes/{node}/disks/list`. Sys.Audit on `/` or /nodes/{node}. Asks every disk for its health unless
     * `skipsmart`: allowed a minute.
     */
    disks: async (node: string, { skipsmart, ...options }: { skipsmart?: boolean } & CallOptions = {}) =>
      readRows(api, get(node, '/disks/list', { timeoutMs: SLOW_MS, ...options }, { skipsmart }), Disk),
    /** `GET /nodes/{node}/disks/zfs`: pools. Sys.Audit on `/`. */
    zfs: async (node: string, options?: CallOptions) =>
      readRows(api, get(node, '/disks/zfs', { timeoutMs: SLOW_MS, ...options }), ZfsPool),
    /** `GET /nodes/{node}/disks/zfs/{name}`: the pool with its devices and errors, as `zpool status` says. Sys.Audit on `/`. */
    zfsPool: async (node: string, pool: string, options?: CallOptions): Promise<unknown> => {
      const { method, path } = get(node, `/disks/zfs/${nameSegment('pool name', pool)}`);
      return (await api.call({ timeoutMs: SLOW_MS, ...options, method, path })).data;
    },
    /** `GET /nodes/{node}/storage`, live. Lists those with Datastore.Audit or Datastore.AllocateSpace. */
    storages: async (node: string, options?: CallOptions) =>
      readRows(api, get(node, '/storage', { timeoutMs: SLOW_MS, ...options }), NodeStorage),
    /** `GET /nodes/{node}/storage/{storage}/content`. Datastore.Audit or Datastore.AllocateSpace on /storage/{storage}. */
    storageContent: async (
      node: string,
      storage: string,
      { content, vmid, ...options }: { content?: string; vmid?: number } & CallOptions = {},
    ) => {
      const path = `/storage/${nameSegment('storage name', storage)}/content`;
      return readRows(api, get(node, path, { timeoutMs: SLOW_MS, ...options }, { content, vmid }), Volume);
    },
    /** `GET /nodes/{node}/replication`: state of the jobs from this node. VM.Audit on each guest. */
    replication: async (node: string, options?: CallOptions) =>
      readRows(api, get(node, '/replication', options), ReplicationStatus),
    /** `GET /nodes/{node}/replication/{id}/log`. VM.Audit on the guest, or Sys.Audit on /nodes/{node}. */
    replicationLog: async (
      node: string,
      id: string,
      { from = 0, limit = 500, ...options }: LogRange & CallOptions = {},
    ): Promise<LogPage> =>
      readLog(
        api,
        get(node, `/replication/${replicationSegment(id)}/log`, options, { start: from, limit }),
        from,
      ),
    /** `GET /nodes/{node}/journal`. Sys.Syslog on /nodes/{node}. */
    async journal(node: string, range: JournalRange = {}): Promise<JournalPage> {
      const { signal, timeoutMs, ...params } = range;
      const options = { ...(signal && { signal }), ...(timeoutMs !== undefined && { timeoutMs }) };
      const call = get(node, '/journal', options, params);
      const { data, endpoint } = await api.call(call);
      if (!Array.isArray(data)) {
        const { method, path } = call;
        const detail = 'no list of lines in the answer';
        throw new ProxmoxError({ kind: 'unexpected-answer', host: api.name, method, path, endpoint, detail });
      }
      const lines = data.map((line: unknown) => (typeof line === 'string' ? line : String(line)));
      // The first and the last element are cursors (mini-journalreader), not lines.
      const [startCursor, ...rest] = lines;
      const endCursor = rest.pop();
      return {
        lines: rest,
        ...(startCursor === undefined ? {} : { startCursor }),
        ...(endCursor === undefined ? {} : { endCursor }),
      };
    },
    /**
     * `POST /nodes/{node}/vzdump`: starts a backup and returns its UPID. VM.Backup on each guest and
     * Datastore.AllocateSpace on the storage.
     */
    vzdump: async (
      node: string,
      params: Params & { readonly vmid?: number | string; readonly storage?: string },
      options?: CallOptions,
    ): Promise<string> => readText(api, { ...get(node, '/vzdump', options, params), method: 'POST' }),
  };
}
