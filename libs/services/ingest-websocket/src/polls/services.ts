import { diffServices, readServices, type ServiceSnapshot } from '@proxmox-mcp/proxmox-events';
import type { Poll } from './poll.ts';

/** Proxmox's own services on each machine. */
export const services: Poll<ServiceSnapshot> = {
  name: 'services',
  setting: 'WEBSOCKET_SERVICES_SECONDS',
  asks: { pve: '/nodes/{node}/services', pbs: '/nodes/localhost/services' },
  needs: { pve: 'watch-nodes', pbs: 'watch-system' },
  tells: ['node.service.failed', 'node.service.running'],
  of: 'node',
  look: async ({ port, node, ask }) => readServices(await ask((signal) => port.services(node, signal))),
  well: () => ({}),
  diff: diffServices,
};
