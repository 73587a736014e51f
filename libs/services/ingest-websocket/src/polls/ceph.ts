import { diffCeph, readCeph, type CephSnapshot } from '@proxmox-mcp/proxmox-events';
import type { ClusterPort, Poll } from './poll.ts';

/** Ceph's health checks. A cluster without Ceph answers with a 500, which is no trouble. */
export const ceph: Poll<CephSnapshot, ClusterPort> = {
  name: 'ceph',
  setting: 'WEBSOCKET_CEPH_SECONDS',
  asks: { pve: '/cluster/ceph/status' },
  needs: { pve: 'watch-nodes' },
  tells: ['ceph.check.raised', 'ceph.check.cleared'],
  of: 'cluster',
  look: async ({ port, ask }) => readCeph(await ask(port.ceph)),
  well: ({ fsid }) => ({ fsid, checks: {} }),
  diff: diffCeph,
};
