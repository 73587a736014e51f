import { ceph } from './ceph.ts';
import { certificates, pbsCertificates } from './certificates.ts';
import { coverage } from './coverage.ts';
import { disks } from './disks.ts';
import type { PollAbout } from './poll.ts';
import { services } from './services.ts';
import { subscription } from './subscription.ts';
import { updates } from './updates.ts';
import { zfs } from './zfs.ts';

/** The quick polls, which have loops of their own. */
const QUICK: readonly PollAbout[] = [
  {
    name: 'tasks',
    setting: 'WEBSOCKET_TASKS_SECONDS',
    asks: { pve: '/cluster/tasks', pbs: '/nodes/localhost/tasks' },
    needs: { pve: 'watch-nodes', pbs: 'watch-system' },
    tells: ['backup.*', 'guest.*', 'task.* and every other activity'],
  },
  {
    name: 'archive',
    setting: 'WEBSOCKET_ARCHIVE_SECONDS',
    asks: { pve: '/nodes/{node}/tasks', pbs: '/nodes/localhost/tasks' },
    needs: { pve: 'watch-nodes', pbs: 'watch-system' },
    tells: ['ends of tasks that the list did not show'],
  },
  {
    name: 'resources',
    setting: 'WEBSOCKET_RESOURCES_SECONDS',
    asks: { pve: '/cluster/resources' },
    needs: { pve: 'watch-guests' },
    tells: [
      'node.state.*',
      'node.uptime.reset',
      'guest.state.*',
      'guest.*',
      'storage.state.*',
      'storage.usage.high',
    ],
  },
  {
    name: 'status',
    setting: 'WEBSOCKET_STATUS_SECONDS',
    asks: { pve: '/cluster/status' },
    needs: { pve: 'watch-nodes' },
    tells: ['cluster.quorum.*', 'cluster.member.*'],
  },
  {
    name: 'ha',
    setting: 'WEBSOCKET_HA_SECONDS',
    asks: { pve: '/cluster/ha/status/current' },
    needs: { pve: 'watch-nodes' },
    tells: ['ha.service.*', 'ha.node.state.changed', 'ha.manager.*'],
  },
  {
    name: 'jobs',
    setting: 'WEBSOCKET_JOBS_SECONDS',
    asks: { pve: '/cluster/backup', pbs: '/admin/verify, /admin/sync, /admin/prune, /admin/gc' },
    needs: { pve: 'watch-nodes', pbs: 'watch-datastores' },
    tells: ['no events: the state of jobs'],
  },
  {
    name: 'replication',
    setting: 'WEBSOCKET_REPLICATION_SECONDS',
    asks: { pve: '/nodes/{node}/replication' },
    needs: { pve: 'watch-guests' },
    tells: ['replication.job.failed'],
  },
  {
    name: 'figures',
    setting: 'WEBSOCKET_FIGURES_SECONDS',
    asks: { pve: '/nodes/{node}/rrddata, /nodes/{node}/version' },
    needs: { pve: 'watch-nodes' },
    tells: ['no events: the state of nodes'],
  },
  {
    name: 'datastores',
    setting: 'WEBSOCKET_DATASTORES_SECONDS',
    asks: { pbs: '/status/datastore-usage' },
    needs: { pbs: 'watch-datastores' },
    tells: ['datastore.state.unavailable', 'storage.usage.high'],
  },
];

/** Everything the live feed polls, the quick first: the rows of docs/polls.md. */
export const POLLS: readonly PollAbout[] = [
  ...QUICK,
  services,
  ceph,
  zfs,
  coverage,
  certificates,
  pbsCertificates,
  updates,
  subscription,
  disks,
];
