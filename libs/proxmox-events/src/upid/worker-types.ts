import type { GuestRef, Product } from '@proxmox-mcp/schemas';
import type { ActivityFamily } from '../taxonomy.ts';

type GuestKind = GuestRef['kind'];

/** What a PVE worker type means: its family, and which kind of guest its id names, where it names one. */
interface WorkerType {
  readonly family: ActivityFamily;
  readonly guest?: GuestKind;
}

/** The outcomes a guest's task can be about: the same word after `qm` and `vz` (PROXMOX §B.3). */
const GUEST_VERBS: Readonly<Record<string, ActivityFamily>> = {
  start: 'guest.start',
  stop: 'guest.stop',
  shutdown: 'guest.shutdown',
  reboot: 'guest.reboot',
  reset: 'guest.reset',
  pause: 'guest.suspend',
  suspend: 'guest.suspend',
  resume: 'guest.resume',
  create: 'guest.create',
  restore: 'guest.restore',
  clone: 'guest.clone',
  destroy: 'guest.destroy',
  migrate: 'guest.migrate',
  template: 'guest.template',
  config: 'guest.config',
  snapshot: 'guest.snapshot.create',
  delsnapshot: 'guest.snapshot.delete',
  rollback: 'guest.snapshot.rollback',
  move: 'guest.disk.move',
  resize: 'guest.disk.resize',
};

const PVE_TYPES: ReadonlyMap<string, WorkerType> = new Map<string, WorkerType>([
  ['vzdump', { family: 'backup.job', guest: 'unknown' }],
  ['prunebackups', { family: 'backup.prune', guest: 'unknown' }],
  // The one type whose prefix and verb overlap.
  ['qmigrate', { family: 'guest.migrate', guest: 'qemu' }],
  ['move_volume', { family: 'guest.disk.move', guest: 'lxc' }],
  ['resize', { family: 'guest.disk.resize', guest: 'unknown' }],
  ['hastart', { family: 'ha.request.start', guest: 'qemu' }],
  ['hastop', { family: 'ha.request.stop', guest: 'qemu' }],
  ['hashutdown', { family: 'ha.request.stop', guest: 'qemu' }],
  ['hamigrate', { family: 'ha.request.migrate', guest: 'qemu' }],
  // Serves containers too; their console is the rare case, and the inventory corrects the kind.
  ['vncproxy', { family: 'console.session', guest: 'qemu' }],
  ['spiceproxy', { family: 'console.session', guest: 'qemu' }],
  ['termproxy', { family: 'console.session', guest: 'unknown' }],
  ['vncshell', { family: 'console.session' }],
  ['spiceshell', { family: 'console.session' }],
  ['imgdel', { family: 'storage.volume.delete', guest: 'unknown' }],
  ['unknownimgdel', { family: 'storage.volume.delete', guest: 'unknown' }],
  ['aptupdate', { family: 'node.apt.refresh' }],
  ['cephdestroyosd', { family: 'ceph.osd.destroy' }],
  ['pbs-download', { family: 'task', guest: 'unknown' }],
  ['pull_file', { family: 'task', guest: 'lxc' }],
  ['push_file', { family: 'task', guest: 'lxc' }],
]);

const PBS_FAMILIES: ReadonlyMap<string, ActivityFamily> = new Map<string, ActivityFamily>([
  ['backup', 'backup.snapshot'],
  ['reader', 'backup.read'],
  ['garbage_collection', 'backup.gc'],
  ['prune', 'backup.prune'],
  ['prunejob', 'backup.prune'],
  ['verificationjob', 'backup.verify'],
  ['verify', 'backup.verify'],
  ['verify_group', 'backup.verify'],
  ['verify_snapshot', 'backup.verify'],
  ['syncjob', 'backup.sync'],
  ['sync', 'backup.sync'],
  ['tape-backup-job', 'tape.backup'],
  ['tape-backup', 'tape.backup'],
  ['tape-restore', 'tape.backup'],
  ['logrotate', 'node.maintenance'],
  ['aptupdate', 'node.apt.refresh'],
  ['termproxy', 'console.session'],
]);

/**
 * What a worker type means. Types nobody knows are of family `task`, which keeps the raw type in `task_type`.
 */
export function workerType(product: Product, type: string): WorkerType {
  if (product === 'pbs') return { family: PBS_FAMILIES.get(type) ?? 'task' };
  const known = PVE_TYPES.get(type);
  if (known) return known;
  const prefix = type.slice(0, 2);
  if (prefix !== 'qm' && prefix !== 'vz') return { family: 'task' };
  const verb = type.slice(2);
  const family = Object.hasOwn(GUEST_VERBS, verb) ? GUEST_VERBS[verb] : undefined;
  return { family: family ?? 'task', guest: prefix === 'qm' ? 'qemu' : 'lxc' };
}

/** The family of a worker type: the part of its events' type before the outcome. */
export function familyOf(product: Product, type: string): ActivityFamily {
  return workerType(product, type).family;
}
