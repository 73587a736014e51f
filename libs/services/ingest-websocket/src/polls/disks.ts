import { diffDisks, readDisks, type DiskSnapshot } from '@proxmox-mcp/proxmox-events';
import type { Poll } from './poll.ts';

/** SMART health and wear of disks. Spawns smartctl for each of them: slow, and it may wake sleeping disks. */
export const disks: Poll<DiskSnapshot> = {
  name: 'disks',
  setting: 'WEBSOCKET_DISKS_SECONDS',
  asks: { pve: '/nodes/{node}/disks/list', pbs: '/nodes/localhost/disks/list' },
  needs: { pve: 'watch-nodes', pbs: 'watch-system' },
  tells: ['disk.smart.failed', 'disk.smart.warning', 'disk.smart.passed', 'disk.wearout.high'],
  of: 'node',
  look: async ({ port, node, ask }) => readDisks(await ask((signal) => port.disks(node, signal))),
  well: () => ({}),
  diff: diffDisks,
};
