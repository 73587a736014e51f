import { diffCoverage, readCoverage, type CoverageSnapshot } from '@proxmox-mcp/proxmox-events';
import type { ClusterPort, Poll } from './poll.ts';

/** Guests that are in no backup job; templates and guests with the tag `no-backup` need none. */
export const coverage: Poll<CoverageSnapshot, ClusterPort> = {
  name: 'coverage',
  setting: 'WEBSOCKET_COVERAGE_SECONDS',
  asks: { pve: '/cluster/backup-info/not-backed-up' },
  needs: { pve: 'watch-nodes' },
  tells: ['guest.backup.uncovered', 'guest.backup.covered'],
  of: 'cluster',
  look: async ({ port, ask, guests }) =>
    // Until the guests are known, templates would be told of.
    guests === undefined ? undefined : readCoverage(await ask(port.notBackedUp)),
  diff: diffCoverage,
};
