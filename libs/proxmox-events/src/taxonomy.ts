/** How an activity went so far: the last word of its type. */
export const OUTCOMES = ['started', 'progress', 'succeeded', 'warned', 'failed', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What is done: the part of an activity's type before the outcome (PROXMOX §G.2). */
export const ACTIVITY_FAMILIES = [
  'backup.job',
  'backup.guest',
  'backup.snapshot',
  'backup.gc',
  'backup.verify',
  'backup.prune',
  'backup.sync',
  'backup.read',
  'tape.backup',
  'guest.start',
  'guest.stop',
  'guest.shutdown',
  'guest.reboot',
  'guest.reset',
  'guest.suspend',
  'guest.resume',
  'guest.create',
  'guest.restore',
  'guest.clone',
  'guest.destroy',
  'guest.migrate',
  'guest.template',
  'guest.config',
  'guest.disk.move',
  'guest.disk.resize',
  'guest.snapshot.create',
  'guest.snapshot.delete',
  'guest.snapshot.rollback',
  'ha.request.start',
  'ha.request.stop',
  'ha.request.migrate',
  'console.session',
  'storage.volume.delete',
  'node.apt.refresh',
  'node.maintenance',
  'ceph.osd.destroy',
  'task',
] as const;
export type ActivityFamily = (typeof ACTIVITY_FAMILIES)[number];

/** Conditions and moments: whole types, without an outcome (PROXMOX §G.2, and docs/decisions/0005 for what the polls add). */
export const CONDITION_TYPES = [
  'guest.state.running',
  'guest.state.stopped',
  'guest.state.unknown',
  'guest.node.changed',
  'guest.appeared',
  'guest.disappeared',
  'guest.lock.set',
  'guest.lock.cleared',
  'guest.uptime.reset',
  'guest.process.exited',
  'guest.oom.killed',
  'guest.oom.process_killed',
  'guest.backup.uncovered',
  'guest.backup.covered',
  'node.state.online',
  'node.state.offline',
  'node.state.unknown',
  'node.uptime.reset',
  'node.fence.started',
  'node.fence.succeeded',
  'node.oom.process_killed',
  'node.watchdog.expiring',
  'node.watchdog.expired',
  'node.updates.available',
  'node.service.failed',
  'node.service.running',
  'node.statd.slow',
  'cluster.quorum.lost',
  'cluster.quorum.regained',
  'cluster.member.left',
  'cluster.member.joined',
  'cluster.link.down',
  'cluster.link.up',
  'cluster.peer.unreachable',
  'cluster.token.lost',
  'ha.lock.lost',
  'ha.node.state.changed',
  'ha.manager.stale',
  'ha.manager.active',
  'ha.service.recovered',
  'ha.service.error',
  'ha.service.cleared',
  'ha.service.migrate.started',
  'replication.job.failed',
  'storage.state.available',
  'storage.state.unavailable',
  'storage.state.unknown',
  'storage.usage.high',
  'storage.nfs.timeout',
  'storage.nfs.recovered',
  'datastore.state.unavailable',
  'datastore.threshold.exceeded',
  'disk.smart.warning',
  'disk.smart.failed',
  'disk.smart.passed',
  'disk.wearout.high',
  'disk.io.error',
  'zfs.vdev.faulted',
  'zfs.vdev.online',
  'zfs.vdev.checksum_error',
  'zfs.scrub.finished',
  'zfs.pool.suspended',
  'zfs.data.error',
  'ceph.check.raised',
  'ceph.check.cleared',
  'mdraid.device.failed',
  'tape.load.requested',
  'auth.login.succeeded',
  'auth.login.failed',
  'auth.token.failed',
  'auth.ssh.succeeded',
  'auth.ssh.failed',
  'certificate.renewal.failed',
  'certificate.expiring',
  'certificate.expired',
  'certificate.renewed',
  'subscription.expiring',
  'subscription.inactive',
  'subscription.active',
  'api.request.failed',
  'system.mail.received',
  'task.error.logged',
  'notification.test.received',
  'notification.unmapped',
  'notification.delivery.failed',
  'source.storm',
] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

const FAMILIES: ReadonlySet<string> = new Set(ACTIVITY_FAMILIES);
const OUTCOME_WORDS: ReadonlySet<string> = new Set(OUTCOMES);
const CONDITIONS: ReadonlySet<string> = new Set(CONDITION_TYPES);

/** Splits an activity's type into family and outcome; `undefined` for conditions and for types nobody knows. */
export function activityOf(type: string): { family: ActivityFamily; outcome: Outcome } | undefined {
  const dot = type.lastIndexOf('.');
  if (dot < 0) return undefined;
  const family = type.slice(0, dot);
  const outcome = type.slice(dot + 1);
  if (!FAMILIES.has(family) || !OUTCOME_WORDS.has(outcome)) return undefined;
  // The sets are made of the very lists the types are made of.
  return { family: family as ActivityFamily, outcome: outcome as Outcome };
}

/** Whether the type is one of the vocabulary. */
export function isKnownType(type: string): boolean {
  return CONDITIONS.has(type) || activityOf(type) !== undefined;
}
