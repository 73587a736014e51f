import type { Mirror } from './mirror.ts';
import { percentOf } from './overview.ts';
import { guestRow } from './rows.ts';

/** Kinds of things the inventory knows. `guest` stands for both VM and container. */
export const INVENTORY_KINDS = ['node', 'guest', 'qemu', 'lxc', 'storage', 'datastore'] as const;
export type InventoryKind = (typeof INVENTORY_KINDS)[number];

/** Everything of the wanted kinds as flat rows, with `product` on each. */
export function inventoryRows(mirror: Mirror, kinds: ReadonlySet<InventoryKind>): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = [];
  if (kinds.has('node')) {
    for (const node of mirror.rows('nodes')) {
      rows.push({
        id: `${node.cluster}/${node.node}`,
        kind: 'node',
        product: node.product,
        name: node.node,
        cluster: node.cluster,
        node: node.node,
        status: node.status,
        ...percentOf('cpu_percent', node.cpu, node.cpu === undefined ? undefined : 1),
        ...percentOf('mem_percent', node.mem, node.maxmem),
        ...percentOf('disk_percent', node.disk, node.maxdisk),
        ...(node.uptime === undefined ? {} : { uptime_s: node.uptime }),
        ...(node.version === undefined ? {} : { version: node.version }),
        ...(node.hastate === undefined ? {} : { ha: node.hastate }),
      });
    }
  }
  for (const guest of mirror.rows('guests')) {
    if (kinds.has('guest') || kinds.has(guest.guestKind))
      rows.push({ ...guestRow(guest), product: guest.product });
  }
  if (kinds.has('storage')) {
    for (const storage of mirror.rows('storages')) {
      rows.push({
        id: storage.shared
          ? `${storage.cluster}/${storage.storage}`
          : `${storage.cluster}/${storage.node}/${storage.storage}`,
        kind: 'storage',
        product: storage.product,
        name: storage.storage,
        cluster: storage.cluster,
        ...(storage.shared ? { shared: true } : { node: storage.node }),
        status: storage.status,
        ...(storage.type === undefined ? {} : { type: storage.type }),
        ...(storage.content === undefined ? {} : { content: storage.content }),
        ...percentOf('disk_percent', storage.used, storage.total),
        ...(storage.total === undefined ? {} : { total_bytes: storage.total }),
      });
    }
  }
  if (kinds.has('datastore')) {
    for (const store of mirror.rows('datastores')) {
      rows.push({
        id: `${store.cluster}/${store.datastore}`,
        kind: 'datastore',
        product: store.product,
        name: store.datastore,
        cluster: store.cluster,
        node: store.node,
        status: store.status,
        ...percentOf('disk_percent', store.used, store.total),
        ...(store.total === undefined ? {} : { total_bytes: store.total }),
        ...(store.error === undefined ? {} : { error: { untrusted: true, text: store.error.slice(0, 500) } }),
      });
    }
  }
  return rows;
}
