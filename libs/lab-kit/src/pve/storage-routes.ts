import type { LabStorage } from '../world/pve-model.ts';
import { ApiError, parameterError } from './api-error.ts';
import type { Call, Routes } from './call.ts';
import { nodesOf } from './views.ts';

function storages(call: Call): unknown {
  const node = call.node();
  const content = call.text('content');
  const wanted = call.text('storage');
  if (wanted !== undefined && !call.site.storages.has(wanted))
    throw parameterError({ storage: 'No such storage.' });
  const rows: Record<string, unknown>[] = [];
  for (const s of call.site.storages.values()) {
    if (!nodesOf(call.site, s).includes(node)) continue;
    if (wanted !== undefined && s.id !== wanted) continue;
    if (call.flag('enabled') && s.disabled) continue;
    const path = `/storage/${s.id}`;
    if (!call.has(path, 'Datastore.Audit') && !call.has(path, 'Datastore.AllocateSpace')) continue;
    if (content !== undefined && !content.split(',').some((c) => s.content.split(',').includes(c))) continue;
    rows.push({ storage: s.id, ...storageStatus(s) });
  }
  return rows;
}

type LabStorageLike = Pick<
  LabStorage,
  'type' | 'content' | 'shared' | 'disabled' | 'online' | 'totalBytes' | 'usedBytes'
>;

function storageStatus(s: LabStorageLike): Record<string, unknown> {
  const active = !s.disabled && s.online;
  return {
    type: s.type,
    content: s.content,
    shared: s.shared ? 1 : 0,
    enabled: s.disabled ? 0 : 1,
    active: active ? 1 : 0,
    total: active ? s.totalBytes : 0,
    used: active ? s.usedBytes : 0,
    avail: active ? s.totalBytes - s.usedBytes : 0,
    ...(active ? { used_fraction: s.usedBytes / s.totalBytes } : {}),
  };
}

function findStorage(call: Call) {
  const id = call.text('storage') ?? '';
  const storage = call.site.storages.get(id);
  if (storage === undefined) throw new ApiError(500, `storage '${id}' does not exist`);
  return storage;
}

function content(call: Call): unknown {
  const storage = findStorage(call);
  if (storage.disabled) throw new ApiError(500, `storage '${storage.id}' is disabled`);
  if (!storage.online) throw new ApiError(500, `storage '${storage.id}' is not online`);
  const node = call.node().name;
  const vmid = call.int('vmid');
  const kind = call.text('content');
  const images = [...call.site.guests.values()]
    .filter((g) => g.node === node || storage.shared)
    .flatMap((g) =>
      g.disks
        .filter((d) => d.volid.startsWith(`${storage.id}:`))
        .map((d) => ({
          volid: d.volid,
          content: g.kind === 'qemu' ? 'images' : 'rootdir',
          format: g.kind === 'qemu' ? 'raw' : 'subvol',
          size: d.sizeBytes,
          vmid: g.vmid,
          ctime: call.site.seconds() - 86_400 * 90,
          parent: null,
        })),
    );
  const files = storage.volumes
    .filter((v) => v.node === undefined || v.node === node)
    .map((v) => ({
      volid: v.volid,
      content: v.content,
      format: v.format,
      size: v.sizeBytes,
      ctime: v.createdAt,
      ...(v.vmid === undefined ? {} : { vmid: v.vmid }),
      ...(v.subtype === undefined ? {} : { subtype: v.subtype }),
      ...(v.notes === undefined ? {} : { notes: v.notes }),
      ...(v.protected === true ? { protected: 1 } : {}),
    }));
  return [...images, ...files].filter(
    (v) => (vmid === undefined || v.vmid === vmid) && (kind === undefined || v.content === kind),
  );
}

function storageConfig(s: LabStorage): Record<string, unknown> {
  return {
    storage: s.id,
    type: s.type,
    content: s.content,
    digest: 'f8736662d2d1424e20a9410cd89ad089d047112f',
    ...(s.path === undefined ? {} : { path: s.path }),
    ...(s.prune === undefined ? {} : { 'prune-backups': s.prune }),
    ...(s.nodes === undefined ? {} : { nodes: s.nodes.join(',') }),
    ...(s.shared && s.type === 'dir' ? { shared: 1 } : {}),
    ...(s.disabled ? { disable: 1 } : {}),
    ...s.config,
  };
}

/** Storages, as configured and as a node sees them. */
export const storageRoutes: Routes = {
  'GET /nodes/{node}/storage': storages,
  'GET /nodes/{node}/storage/{storage}/status': (call) => {
    const { used_fraction: _, ...status } = storageStatus(findStorage(call));
    return status;
  },
  'GET /nodes/{node}/storage/{storage}/content': content,
  'GET /nodes/{node}/storage/{storage}/prunebackups': (call) =>
    findStorage(call)
      .volumes.filter((v) => v.content === 'backup')
      .map((v) => ({
        volid: v.volid,
        ctime: v.createdAt,
        mark: v.protected === true ? 'protected' : 'keep',
        type: v.subtype ?? 'unknown',
        ...(v.vmid === undefined ? {} : { vmid: v.vmid }),
      })),
  'GET /storage': (call) =>
    [...call.site.storages.values()]
      .filter(
        (s) =>
          call.has(`/storage/${s.id}`, 'Datastore.Audit') ||
          call.has(`/storage/${s.id}`, 'Datastore.AllocateSpace'),
      )
      .map(storageConfig),
  'GET /storage/{storage}': (call) => storageConfig(findStorage(call)),
};
