import { Severity, maxSeverity } from '@proxmox-mcp/schemas';
import { activityOf, type ActivityFamily, type ConditionType, type Outcome } from './taxonomy.ts';

/** Conditions whose severity does not depend on their facts (PROXMOX §G.3); what is not here is `info`. */
const CONDITION_SEVERITY: Readonly<Partial<Record<ConditionType, Severity>>> = {
  'cluster.quorum.lost': 'critical',
  'node.fence.started': 'critical',
  'node.fence.succeeded': 'critical',
  'node.watchdog.expired': 'critical',
  'zfs.pool.suspended': 'critical',
  'disk.smart.failed': 'critical',
  'guest.oom.killed': 'critical',
  'node.state.offline': 'error',
  'ha.service.error': 'error',
  'replication.job.failed': 'error',
  'storage.state.unavailable': 'error',
  'storage.nfs.timeout': 'error',
  'datastore.state.unavailable': 'error',
  'disk.io.error': 'error',
  'zfs.vdev.faulted': 'error',
  'zfs.data.error': 'error',
  'mdraid.device.failed': 'error',
  'node.service.failed': 'error',
  'node.watchdog.expiring': 'error',
  'cluster.peer.unreachable': 'error',
  'certificate.renewal.failed': 'error',
  'task.error.logged': 'error',
  'certificate.expired': 'error',
  'guest.state.unknown': 'warning',
  'node.state.unknown': 'warning',
  'storage.state.unknown': 'warning',
  'node.uptime.reset': 'warning',
  'cluster.member.left': 'warning',
  'cluster.link.down': 'warning',
  'cluster.token.lost': 'warning',
  'auth.login.failed': 'warning',
  'auth.token.failed': 'warning',
  'auth.ssh.failed': 'warning',
  'disk.smart.warning': 'warning',
  'zfs.vdev.checksum_error': 'warning',
  'storage.usage.high': 'warning',
  'datastore.threshold.exceeded': 'warning',
  'ha.service.recovered': 'warning',
  'guest.oom.process_killed': 'warning',
  'node.oom.process_killed': 'warning',
  'ha.lock.lost': 'warning',
  'ha.manager.stale': 'warning',
  'guest.backup.uncovered': 'warning',
  'disk.wearout.high': 'warning',
  'ceph.check.raised': 'warning',
  'certificate.expiring': 'warning',
  'subscription.expiring': 'warning',
  'subscription.inactive': 'warning',
  'notification.delivery.failed': 'warning',
  'source.storm': 'warning',
  'guest.state.stopped': 'notice',
  'guest.state.running': 'notice',
  'guest.node.changed': 'notice',
  'guest.appeared': 'notice',
  'guest.disappeared': 'notice',
  'guest.uptime.reset': 'notice',
  'guest.process.exited': 'notice',
  'node.statd.slow': 'notice',
  'cluster.quorum.regained': 'notice',
  'storage.nfs.recovered': 'notice',
  'tape.load.requested': 'notice',
  'system.mail.received': 'notice',
  'api.request.failed': 'notice',
};

/** What cannot be undone is worth a second look even when it went well. */
const NOTICED_WHEN_DONE: ReadonlySet<ActivityFamily> = new Set([
  'guest.destroy',
  'ceph.osd.destroy',
  'storage.volume.delete',
]);

/**
 * How bad an event of this type is (PROXMOX §G.3). Facts matter to a few types only: `percent` of `storage.usage.high`,
 * `to` of `ha.node.state.changed`, `source_severity` of `notification.unmapped`, `left_percent` of `disk.wearout.high`, `status`
 * of `ceph.check.raised`, `threshold_days` of `certificate.expiring`. Unknown types are `info`.
 */
export function severityOf(type: string, facts: Readonly<Record<string, unknown>> = {}): Severity {
  const activity = activityOf(type);
  if (activity) return activitySeverity(activity.family, activity.outcome);
  switch (type) {
    case 'storage.usage.high':
      return typeof facts['percent'] === 'number' && facts['percent'] >= 95 ? 'error' : 'warning';
    case 'disk.wearout.high':
      return errorIf(Number(facts['left_percent'] ?? 100) <= 10);
    case 'ceph.check.raised':
      return errorIf(facts['status'] === 'HEALTH_ERR');
    case 'certificate.expiring':
      return errorIf(Number(facts['threshold_days'] ?? 30) <= 7);
    case 'ha.node.state.changed':
      return facts['to'] === 'fence' ? 'critical' : 'info';
    case 'notification.unmapped':
      return severityOfSource(facts['source_severity']);
    default:
      if (!Object.hasOwn(CONDITION_SEVERITY, type)) return 'info';
      // An own key of the table, so one of the types it was written with.
      return CONDITION_SEVERITY[type as ConditionType] ?? 'info';
  }
}

const errorIf = (isBad: boolean): Severity => (isBad ? 'error' : 'warning');

/** Proxmox's own severity word on our scale; `unknown` and everything unheard of are `info`. */
export function severityOfSource(word: unknown): Severity {
  const known = Severity.safeParse(word);
  return known.success ? known.data : 'info';
}

/** The severity of a type raised to that of the source, where the source says `warning` or `error`. Never lowers. */
export function raisedBySource(severity: Severity, sourceSeverity: unknown): Severity {
  const said = severityOfSource(sourceSeverity);
  return said === 'warning' || said === 'error' ? maxSeverity(severity, said) : severity;
}

function activitySeverity(family: ActivityFamily, outcome: Outcome): Severity {
  if (family === 'console.session') return 'info';
  switch (outcome) {
    case 'started':
    case 'progress':
      return 'info';
    case 'succeeded':
      return NOTICED_WHEN_DONE.has(family) ? 'notice' : 'info';
    case 'warned':
    case 'unknown':
      return 'warning';
    case 'failed':
      return 'error';
  }
}
