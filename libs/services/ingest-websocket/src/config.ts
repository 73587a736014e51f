import { bool, int, list } from '@proxmox-mcp/config';
import * as z from 'zod';

/** Period of a poll that can be done without. */
const slow = (seconds: number, what: string) =>
  int(0, 604_800).default(seconds).describe(`Seconds between two looks at ${what}; 0: never.`);

/** Settings of the live feed. */
export const IngestWebsocketConfig = z.object({
  EVENT_WS_ENABLED: bool()
    .default(true)
    .describe('Watches the configured Proxmox hosts and feeds; off: no live state and no task events.'),
  EVENT_WS_RECONNECT_INTERVAL: int(1, 3600)
    .default(30)
    .describe(
      'Longest seconds between two attempts to reach a host or feed that is away; the first come sooner.',
    ),
  EVENT_WS_URLS: list()
    .optional()
    .describe('WebSocket feeds (ws:// or wss://) that send JSON task rows, separated by commas.'),
  WEBSOCKET_TASKS_SECONDS: int(1, 60)
    .default(3)
    .describe('Seconds between two looks at the task list of a host.'),
  WEBSOCKET_RESOURCES_SECONDS: int(5, 300)
    .default(10)
    .describe(
      'Seconds between two looks at nodes, guests and storages; Proxmox itself refreshes them every 10.',
    ),
  WEBSOCKET_STATUS_SECONDS: int(5, 600)
    .default(20)
    .describe('Seconds between two looks at quorum and members of a cluster.'),
  WEBSOCKET_HA_SECONDS: int(5, 600).default(30).describe('Seconds between two looks at the HA manager.'),
  WEBSOCKET_DATASTORES_SECONDS: int(10, 3600)
    .default(60)
    .describe('Seconds between two looks at the datastores of a backup server.'),
  WEBSOCKET_JOBS_SECONDS: int(30, 7200)
    .default(300)
    .describe(
      'Seconds between two looks at backup, verify, sync, prune and garbage collection jobs; on a backup server also after each end of one.',
    ),
  WEBSOCKET_REPLICATION_SECONDS: int(30, 7200)
    .default(300)
    .describe('Seconds between two looks at the replication jobs of a node.'),
  WEBSOCKET_FIGURES_SECONDS: slow(60, 'pressures, waiting, swap and caches of a node'),
  WEBSOCKET_DISKS_SECONDS: slow(1_800, 'SMART health and wear of the disks of a machine (spawns smartctl)'),
  WEBSOCKET_ZFS_SECONDS: slow(600, 'the ZFS pools of a machine'),
  WEBSOCKET_CEPH_SECONDS: slow(300, 'the health of Ceph'),
  WEBSOCKET_SERVICES_SECONDS: slow(300, "Proxmox's services on a machine"),
  WEBSOCKET_CERTIFICATES_SECONDS: slow(3_600, 'the certificates of a machine'),
  WEBSOCKET_COVERAGE_SECONDS: slow(1_800, 'guests that are in no backup job'),
  WEBSOCKET_UPDATES_SECONDS: slow(3_600, 'pending package updates; only with the right to read them'),
  WEBSOCKET_SUBSCRIPTION_SECONDS: slow(0, 'subscriptions'),
  WEBSOCKET_ARCHIVE_SECONDS: int(60, 7200)
    .default(300)
    .describe('Seconds between two comparisons with the task archive of every node.'),
  WEBSOCKET_PROGRESS_SECONDS: int(5, 600)
    .default(30)
    .describe('Seconds between two progress events of a running backup or migration.'),
  WEBSOCKET_MAX_FRAME_BYTES: int(1_024, 16_777_216)
    .default(1_048_576)
    .describe('Largest frame taken from a feed, in bytes; a larger one ends the connection.'),
});
export type IngestWebsocketConfig = z.infer<typeof IngestWebsocketConfig>;
