import type { ZfsPool } from '@proxmox-mcp/proxmox-client';
import { diffZfs, readZfsPools, type ZfsSnapshot } from '@proxmox-mcp/proxmox-events';
import type { Look, Poll, SlowPort } from './poll.ts';

/** Pools looked into one by one; of further ones the list alone has to do. */
const MAX_DETAILS = 16;

/** ZFS pools: health from the list, devices, checksum and data errors and scrubs from each pool's own page. */
export const zfs: Poll<ZfsSnapshot> = {
  name: 'zfs',
  setting: 'WEBSOCKET_ZFS_SECONDS',
  asks: {
    pve: '/nodes/{node}/disks/zfs, /nodes/{node}/disks/zfs/{name}',
    pbs: '/nodes/localhost/disks/zfs, /nodes/localhost/disks/zfs/{name}',
  },
  needs: { pve: 'watch-nodes', pbs: 'watch-system' },
  tells: [
    'zfs.vdev.faulted',
    'zfs.vdev.online',
    'zfs.vdev.checksum_error',
    'zfs.data.error',
    'zfs.pool.suspended',
    'zfs.scrub.finished',
  ],
  of: 'node',
  async look(look) {
    const pools = await look.ask((signal) => look.port.zfs(look.node, signal));
    const rows: unknown[] = [];
    for (const [index, pool] of pools.entries())
      rows.push({ ...pool, ...(index < MAX_DETAILS && { detail: await detailOf(look, pool) }) });
    return readZfsPools(rows);
  },
  well: () => ({}),
  diff: diffZfs,
};

/** A suspended pool's page hangs in the kernel: its list row says all there is to say. */
async function detailOf({ port, node, ask }: Look<SlowPort>, { name, health }: ZfsPool): Promise<unknown> {
  return health === 'SUSPENDED' ? undefined : ask((signal) => port.zfsPool(node, name, signal));
}
