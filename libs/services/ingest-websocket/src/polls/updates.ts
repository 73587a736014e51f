import { diffUpdates, readUpdates, type UpdateSnapshot } from '@proxmox-mcp/proxmox-events';
import type { Poll } from './poll.ts';

/** Packages that can be upgraded, as the machine's own daily refresh found them. */
export const updates: Poll<UpdateSnapshot> = {
  name: 'updates',
  setting: 'WEBSOCKET_UPDATES_SECONDS',
  asks: { pve: '/nodes/{node}/apt/update', pbs: '/nodes/localhost/apt/update' },
  needs: { pve: 'read-updates', pbs: 'read-updates' },
  isOptional: true,
  tells: ['node.updates.available'],
  of: 'node',
  look: async ({ port, node, ask }) => readUpdates(await ask((signal) => port.updates(node, signal))),
  diff: diffUpdates,
};
