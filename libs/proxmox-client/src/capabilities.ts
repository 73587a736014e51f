import type { Product } from '@proxmox-mcp/schemas';

/** Something we do, and what it takes. */
export interface Capability {
  /** Stable short name. */
  readonly name: string;
  /** What is lost without it, for a person. */
  readonly purpose: string;
  /** ACL path and all the privileges needed there. */
  readonly path: string;
  readonly privileges: readonly string[];
  /** Privileges on the same path that do as well, all together. */
  readonly orElse?: readonly string[];
  /** A built-in role that brings them; without one, a role of our own has to be made. */
  readonly role?: string;
  /** Whether the product is of little use without it. */
  readonly isRequired: boolean;
}

const pve: readonly Capability[] = [
  {
    name: 'watch-nodes',
    purpose: 'nodes, cluster, quorum, HA, backup jobs, disks, all tasks',
    path: '/',
    privileges: ['Sys.Audit'],
    role: 'PVEAuditor',
    isRequired: true,
  },
  {
    name: 'watch-guests',
    purpose: 'state and configuration of guests, replication',
    path: '/vms',
    privileges: ['VM.Audit'],
    role: 'PVEAuditor',
    isRequired: true,
  },
  {
    name: 'watch-storages',
    purpose: 'storages and the backups on them',
    path: '/storage',
    privileges: ['Datastore.Audit'],
    role: 'PVEAuditor',
    isRequired: true,
  },
  {
    name: 'read-log',
    purpose: 'journal of nodes, the full cluster log',
    path: '/',
    privileges: ['Sys.Syslog'],
    isRequired: false,
  },
  {
    name: 'read-updates',
    purpose: 'pending package updates',
    path: '/nodes',
    privileges: ['Sys.Modify'],
    isRequired: false,
  },
  {
    name: 'power-guests',
    purpose: 'start, shut down, reboot and stop guests',
    path: '/vms',
    privileges: ['VM.PowerMgmt'],
    isRequired: false,
  },
  {
    name: 'back-up-guests',
    purpose: 'run a missed or failed backup again',
    path: '/vms',
    privileges: ['VM.Backup'],
    isRequired: false,
  },
  {
    name: 'write-backups',
    purpose: 'storage space for such a backup',
    path: '/storage',
    privileges: ['Datastore.AllocateSpace'],
    isRequired: false,
  },
  {
    name: 'set-up-notifications',
    purpose: 'create and test our webhook as a notification target',
    path: '/mapping/notifications',
    privileges: ['Mapping.Modify'],
    isRequired: false,
  },
  {
    name: 'post-notifications',
    purpose: 'have notifications sent to an address of our choice',
    path: '/',
    privileges: ['Sys.AccessNetwork'],
    orElse: ['Sys.Audit', 'Sys.Modify'],
    isRequired: false,
  },
];

const pbs: readonly Capability[] = [
  {
    name: 'watch-system',
    purpose: 'all tasks, status, services and disks of the server',
    path: '/system',
    privileges: ['Sys.Audit'],
    role: 'Audit',
    isRequired: true,
  },
  {
    name: 'watch-datastores',
    purpose: 'datastores, their backups and jobs',
    path: '/datastore',
    privileges: ['Datastore.Audit'],
    role: 'Audit',
    isRequired: true,
  },
  {
    name: 'watch-remotes',
    purpose: 'sync jobs: without it they are missing without an error',
    path: '/remote',
    privileges: ['Remote.Audit'],
    role: 'RemoteAudit',
    isRequired: false,
  },
  {
    name: 'watch-tape',
    purpose: 'tape drives and media',
    path: '/tape',
    privileges: ['Tape.Audit'],
    role: 'TapeAudit',
    isRequired: false,
  },
  {
    name: 'read-certificates',
    purpose: 'when the certificates of the server end',
    path: '/system/certificates',
    privileges: ['Sys.Modify'],
    isRequired: false,
  },
  {
    name: 'read-updates',
    purpose: 'pending package updates',
    path: '/',
    privileges: ['Sys.Audit'],
    role: 'Audit',
    isRequired: false,
  },
  {
    name: 'run-maintenance',
    purpose: 'start verification and garbage collection',
    path: '/datastore',
    privileges: ['Datastore.Verify', 'Datastore.Modify'],
    role: 'DatastoreAdmin',
    isRequired: false,
  },
  {
    name: 'set-up-notifications',
    purpose: 'create and test our webhook as a notification target',
    path: '/system/notifications',
    privileges: ['Sys.Audit', 'Sys.Modify'],
    isRequired: false,
  },
];

/** What we need of a host and what for: the privilege matrix, most important first. */
export const CAPABILITIES: Readonly<Record<Product, readonly Capability[]>> = { pve, pbs };
