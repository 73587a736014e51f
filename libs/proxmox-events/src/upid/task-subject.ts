import type { EventDraft, GuestRef } from '@proxmox-mcp/schemas';
import type { Upid } from './parse-upid.ts';
import { workerType } from './worker-types.ts';

/** What a UPID says its task is about: entity and facts that need nothing but the UPID. */
export type TaskSubject = Pick<EventDraft, 'node' | 'guest' | 'storage'> & {
  readonly facts: Readonly<Record<string, unknown>>;
};

/** Reads guest, storage, snapshot and job out of worker type and id (PROXMOX §B.3, §B.4). */
export function taskSubject(upid: Upid): TaskSubject {
  const facts = {
    task_type: upid.type,
    // PBS says null where PVE says the empty text.
    task_id: upid.product === 'pbs' && upid.id === '' ? null : upid.id,
    user: upid.user,
    ...(upid.tokenid !== undefined && { tokenid: upid.tokenid }),
    starttime: upid.starttime,
  };
  const about = upid.product === 'pbs' ? pbsSubject(upid.type, upid.id) : pveSubject(upid.type, upid.id);
  return { ...about, node: upid.node, facts: { ...facts, ...about.facts } };
}

type About = Pick<EventDraft, 'guest' | 'storage'> & { readonly facts?: Readonly<Record<string, unknown>> };

function pveSubject(type: string, id: string): About {
  const osd = /^osd\.(\d{1,9})$/.exec(id);
  if (osd && type.startsWith('ceph')) return { facts: { ceph_osd: Number(osd[1]) } };
  const { family, guest: kind } = workerType('pve', type);
  if (kind === undefined) return {};
  const at = id.indexOf('@');
  const guest = guestRef(kind, at < 0 ? id : id.slice(0, at));
  const namesStorage = family === 'storage.volume.delete' || family === 'backup.prune';
  const storage = !namesStorage ? undefined : at >= 0 ? id.slice(at + 1) : guest ? undefined : id;
  return { ...(guest && { guest }), ...(storage && { storage }) };
}

function pbsSubject(type: string, id: string): About {
  if (id === '') return {};
  const parts = id.split(':');
  const [first = '', second] = parts;
  switch (type) {
    case 'backup':
    case 'reader':
    case 'verify':
    case 'verify_group':
    case 'verify_snapshot':
    case 'prune':
    case 'forget-group':
      return datastoreAndGroup(parts);
    case 'garbage_collection':
      return { storage: first, facts: { datastore: first } };
    case 'prunejob':
      return { storage: first, facts: { datastore: first, namespace: second ?? '' } };
    case 'verificationjob':
      return { storage: first, facts: { datastore: first, ...(second !== undefined && { job_id: second }) } };
    case 'syncjob':
      return syncSubject(parts);
    case 'tape-backup-job':
    case 'tape-backup':
    case 'tape-restore':
      return {
        storage: first,
        facts: pick({ datastore: first, media_pool: second, drive: parts[2], job_id: parts[3] }),
      };
    case 'sync':
    case 'create-datastore':
    case 'delete-datastore':
    case 'delete-namespace':
    case 'move-group':
    case 'move-namespace':
    case 'mount-device':
    case 'unmount-device':
    case 's3-refresh':
      return { storage: first, facts: { datastore: first } };
    default:
      return {};
  }
}

function syncSubject([remote, remoteStore, store, ns, job]: readonly string[]): About {
  if (store === undefined) return remote === undefined ? {} : { facts: { job_id: remote } };
  return {
    storage: store,
    facts: {
      datastore: store,
      // "-" is this very server.
      remote: remote === '-' ? null : remote,
      ...pick({ remote_datastore: remoteStore, namespace: ns, job_id: job }),
    },
  };
}

/** `store`, `store:type/id`, `store:ns:type/id/HEXTIME`: the last part is the group, what is between is the namespace. */
function datastoreAndGroup(parts: readonly string[]): About {
  const [store = '', ...rest] = parts;
  const match = /^(vm|ct|host)\/([^/]{1,200})(?:\/([0-9A-Fa-f]{8,12}))?$/.exec(rest.at(-1) ?? '');
  const namespace = rest.length > 1 ? rest.slice(0, -1).join(':') : undefined;
  if (!match) return { storage: store, facts: pick({ datastore: store, namespace: rest[0] }) };
  const [, type = '', id = '', time] = match;
  const guest = guestOfGroup(type, id);
  return {
    storage: store,
    ...(guest && { guest }),
    facts: pick({
      datastore: store,
      namespace,
      group: `${type}/${id}`,
      backup_time: time === undefined ? undefined : utcSeconds(Number.parseInt(time, 16)),
    }),
  };
}

/** The guest of a PBS backup group; `undefined` for hosts and for ids that are no vmid. */
export function guestOfGroup(type: string, id: string): GuestRef | undefined {
  if (type !== 'vm' && type !== 'ct') return undefined;
  return guestRef(type === 'vm' ? 'qemu' : 'lxc', id);
}

/** RFC 3339 in UTC without fractions, as PBS writes snapshot times. */
export function utcSeconds(epochSeconds: number): string | undefined {
  const date = new Date(epochSeconds * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace('.000Z', 'Z');
}

function guestRef(kind: GuestRef['kind'], id: string): GuestRef | undefined {
  return /^[1-9]\d{0,8}$/.test(id) ? { kind, vmid: Number(id) } : undefined;
}

function pick(facts: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
