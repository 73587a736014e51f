import type { ClusterStatus } from '@proxmox-mcp/proxmox-client';
import { InventorySource } from '@proxmox-mcp/schemas';
import * as z from 'zod';

const StorageConfig = z.object({
  storage: z.string(),
  type: z.string(),
  server: z.string().optional(),
  datastore: z.string().optional(),
  namespace: z.string().optional(),
});
const NodeTime = z.object({ timezone: z.string().min(1).max(100) });

/** What the API tells of who a host or cluster is; the operator's word completes it elsewhere. */
export function pveInventory(
  id: string,
  status: readonly ClusterStatus[],
  storages: unknown,
  time: unknown,
): InventorySource {
  const cluster = status.find((row) => row.type === 'cluster');
  const timezone = NodeTime.safeParse(time);
  return InventorySource.parse({
    id,
    product: 'pve',
    cluster: cluster?.name ?? null,
    ...(timezone.success && { timezone: timezone.data.timezone }),
    nodes: status.flatMap((row) =>
      row.type === 'node'
        ? [
            {
              name: row.name,
              ...(row.nodeid !== undefined && row.nodeid > 0 && { nodeid: row.nodeid }),
              ...(row.ip && { address: row.ip }),
            },
          ]
        : [],
    ),
    storages: readStorages(storages),
  });
}

function readStorages(rows: unknown): InventorySource['storages'] {
  if (!Array.isArray(rows)) return [];
  return rows.flatMap((row: unknown) => {
    const parsed = StorageConfig.safeParse(row);
    if (!parsed.success) return [];
    const { storage, ...rest } = parsed.data;
    return [{ id: storage, ...rest }];
  });
}
