import type { ResourceSnapshot } from '@proxmox-mcp/proxmox-events';
import type { EventDraft } from '@proxmox-mcp/schemas';

/** The rows of cluster/resources that a draft was read from: its object, and the node it is on. */
export function rowsAbout(draft: EventDraft, { nodes, guests, storages }: ResourceSnapshot): object[] {
  const guest = draft.guest && guests[draft.guest.vmid];
  const storage = draft.storage === undefined ? undefined : storages[`${draft.node ?? ''}/${draft.storage}`];
  const names = new Set([draft.node, guest?.node].filter((name) => name !== undefined));
  const rows: object[] = [...names].flatMap((name) => {
    const node = nodes[name];
    return node === undefined ? [] : [{ type: 'node', node: name, ...node }];
  });
  if (guest !== undefined) {
    const { kind, fresh: _, ...rest } = guest;
    rows.push({ type: kind, vmid: draft.guest?.vmid, ...rest });
  }
  if (storage !== undefined) {
    const { used, total, shared, high: _, ...rest } = storage;
    rows.push({ type: 'storage', ...rest, shared: shared ? 1 : 0, disk: used, maxdisk: total });
  }
  return rows;
}
