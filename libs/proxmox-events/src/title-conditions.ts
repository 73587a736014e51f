import type { EventDraft } from '@proxmox-mcp/schemas';
import type { ConditionType } from './taxonomy.ts';
import { fact, guestOf, quoted } from './title-parts.ts';

type Write = (draft: EventDraft) => string;

const node = (d: EventDraft) => (d.node === undefined ? 'a node' : `node ${d.node}`);
const onNode = (d: EventDraft) => (d.node === undefined ? '' : ` on ${d.node}`);
const storage = (d: EventDraft) => `storage ${d.storage ?? fact(d, 'storage') ?? '(unnamed)'}`;
const datastore = (d: EventDraft) => `Datastore ${d.storage ?? fact(d, 'datastore') ?? '(unnamed)'}`;
const cluster = (d: EventDraft) => (d.cluster === undefined ? 'Cluster' : `Cluster ${d.cluster}`);
const because = (d: EventDraft, key = 'error') => {
  const text = fact(d, key);
  return text === undefined ? '' : `: ${quoted(text)}`;
};
const put = (d: EventDraft, before: string, key: string, after = '') => {
  const text = fact(d, key);
  return text === undefined ? '' : `${before}${text}${after}`;
};
/** A name that anybody who may post to us can choose: one word, so that it can tell no reader what to do. */
const word = (d: EventDraft, before: string, key: string) => {
  const text = fact(d, key);
  return text === undefined ? '' : `${before}${text.replace(/["\s]+/g, '_')}`;
};
const several = (d: EventDraft) => {
  const count = fact(d, 'count');
  return d.guest === undefined && count !== undefined ? `${count} guests are` : `${capital(guestOf(d))} is`;
};
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** A protocol table: one line per condition of the vocabulary, so that a new type does not compile without a sentence. */
const CONDITIONS: Readonly<Record<ConditionType, Write>> = {
  'guest.state.running': (d) => `${capital(guestOf(d))} is running${onNode(d)}`,
  'guest.state.stopped': (d) => `${capital(guestOf(d))} is stopped${onNode(d)}`,
  'guest.state.unknown': (d) => `State of ${guestOf(d)}${onNode(d)} is unknown`,
  'guest.node.changed': (d) =>
    `${capital(guestOf(d))} moved${put(d, ' from ', 'from_node')}${put(d, ' to ', 'to_node')}`,
  'guest.appeared': (d) => `${capital(guestOf(d))} appeared${onNode(d)}`,
  'guest.disappeared': (d) =>
    `${capital(guestOf(d))} disappeared${d.node === undefined ? '' : ` from ${d.node}`}`,
  'guest.lock.set': (d) => `${capital(guestOf(d))} is locked${put(d, ' (', 'lock', ')')}`,
  'guest.lock.cleared': (d) => `${capital(guestOf(d))} is no longer locked${put(d, ' (', 'lock', ')')}`,
  'guest.uptime.reset': (d) => `${capital(guestOf(d))} restarted${onNode(d)}`,
  'guest.process.exited': (d) => `Process of ${guestOf(d)} exited${onNode(d)}`,
  'guest.oom.killed': (d) => `${capital(guestOf(d))} was killed for lack of memory${onNode(d)}`,
  'guest.oom.process_killed': (d) =>
    `A process${put(d, ' ', 'process')} of ${guestOf(d)} was killed for lack of memory${onNode(d)}`,
  'guest.backup.uncovered': (d) => `${several(d)} in no backup job`,
  'guest.backup.covered': (d) => `${several(d)} in a backup job again`,
  'node.state.online': (d) => `${capital(node(d))} is online`,
  'node.state.offline': (d) => `${capital(node(d))} is offline`,
  'node.state.unknown': (d) => `State of ${node(d)} is unknown`,
  'node.uptime.reset': (d) => `${capital(node(d))} restarted`,
  'node.fence.started': (d) => `Fencing of ${node(d)} started`,
  'node.fence.succeeded': (d) => `${capital(node(d))} was fenced`,
  'node.oom.process_killed': (d) =>
    `A process${put(d, ' (', 'process', ')')} of ${node(d)} was killed for lack of memory`,
  'node.watchdog.expiring': (d) => `Watchdog of ${node(d)} is about to expire`,
  'node.watchdog.expired': (d) => `Watchdog of ${node(d)} expired`,
  'node.updates.available': (d) => `${fact(d, 'count') ?? 'Some'} package updates are available${onNode(d)}`,
  'node.service.failed': (d) => `Service${put(d, ' ', 'unit')} failed${onNode(d)}${because(d, 'result')}`,
  'node.service.running': (d) => `Service${put(d, ' ', 'unit')} is running again${onNode(d)}`,
  'node.statd.slow': (d) => `Status collection${onNode(d)} is slow${put(d, ': ', 'seconds', ' s')}`,
  'cluster.quorum.lost': (d) => `${cluster(d)} lost quorum${put(d, ', seen from ', 'perspective')}`,
  'cluster.quorum.regained': (d) => `${cluster(d)} has quorum again${put(d, ', seen from ', 'perspective')}`,
  'cluster.member.left': (d) => `${cluster(d)}: members left${onNode(d)}`,
  'cluster.member.joined': (d) => `${cluster(d)}: members joined${onNode(d)}`,
  'cluster.link.down': (d) =>
    `Cluster link${put(d, ' ', 'link')}${put(d, ' to node ', 'peer_nodeid')} is down${onNode(d)}`,
  'cluster.link.up': (d) =>
    `Cluster link${put(d, ' ', 'link')}${put(d, ' to node ', 'peer_nodeid')} is up${onNode(d)}`,
  'cluster.peer.unreachable': (d) =>
    `Cluster peer${put(d, ' ', 'peer_nodeid')} has no working link${onNode(d)}`,
  'cluster.token.lost': (d) => `Corosync token was not received in time${onNode(d)}`,
  'ha.lock.lost': (d) => `HA of ${node(d)} lost its lock: the node resets itself unless it gets it back`,
  'ha.node.state.changed': (d) =>
    `HA state of ${node(d)} changed${put(d, ' from ', 'from')}${put(d, ' to ', 'to')}`,
  'ha.manager.stale': (d) => `HA manager${put(d, ' on ', 'manager_node')} does not write its state any more`,
  'ha.manager.active': (d) => `HA manager${put(d, ' on ', 'manager_node')} writes its state again`,
  'ha.service.recovered': (d) => `HA service${put(d, ' ', 'sid')} was recovered${put(d, ' to ', 'to_node')}`,
  'ha.service.error': (d) => `HA service${put(d, ' ', 'sid')} is in state error${onNode(d)}`,
  'ha.service.cleared': (d) => `HA service${put(d, ' ', 'sid')} is no longer in state error${onNode(d)}`,
  'ha.service.migrate.started': (d) =>
    `HA migrates service${put(d, ' ', 'sid')}${put(d, ' to ', 'target_node')}`,
  'replication.job.failed': (d) => `Replication job${put(d, ' ', 'job_id')} failed${onNode(d)}${because(d)}`,
  'storage.state.available': (d) => `${capital(storage(d))} is available${onNode(d)}`,
  'storage.state.unavailable': (d) => `${capital(storage(d))} is unavailable${onNode(d)}${because(d)}`,
  'storage.state.unknown': (d) => `State of ${storage(d)}${onNode(d)} is unknown`,
  'storage.usage.high': (d) =>
    `${capital(storage(d))}${onNode(d)} is ${fact(d, 'percent') ?? 'nearly 100'} % full`,
  'storage.nfs.timeout': (d) => `NFS server${put(d, ' ', 'server')} does not answer${onNode(d)}`,
  'storage.nfs.recovered': (d) => `NFS server${put(d, ' ', 'server')} answers again${onNode(d)}`,
  'datastore.state.unavailable': (d) => `${datastore(d)} is unavailable${because(d)}`,
  'datastore.threshold.exceeded': (d) => `${datastore(d)} exceeded a threshold${put(d, ': ', 'threshold')}`,
  'disk.smart.warning': (d) =>
    `Disk${put(d, ' ', 'device')}${onNode(d)} reports a SMART warning${because(d, 'message')}`,
  'disk.smart.failed': (d) => `Disk${put(d, ' ', 'device')}${onNode(d)} is failing${because(d, 'message')}`,
  'disk.smart.passed': (d) => `Disk${put(d, ' ', 'device')}${onNode(d)} passes its SMART check again`,
  'disk.wearout.high': (d) =>
    `Disk${put(d, ' ', 'device')}${onNode(d)} has${put(d, ' ', 'left_percent', ' % of')} its life left`,
  'disk.io.error': (d) => `I/O error of disk${put(d, ' ', 'device')}${onNode(d)}`,
  'zfs.vdev.faulted': (d) =>
    `ZFS device${put(d, ' ', 'vdev')} of pool${put(d, ' ', 'pool')} is faulted${onNode(d)}`,
  'zfs.vdev.online': (d) =>
    `ZFS device${put(d, ' ', 'vdev')} of pool${put(d, ' ', 'pool')} is online${onNode(d)}`,
  'zfs.vdev.checksum_error': (d) => `Checksum errors in ZFS pool${put(d, ' ', 'pool')}${onNode(d)}`,
  'zfs.scrub.finished': (d) => `Scrub of ZFS pool${put(d, ' ', 'pool')} finished${onNode(d)}`,
  'zfs.pool.suspended': (d) => `ZFS pool${put(d, ' ', 'pool')} is suspended${onNode(d)}`,
  'zfs.data.error': (d) => `Data errors in ZFS pool${put(d, ' ', 'pool')}${onNode(d)}`,
  'ceph.check.raised': (d) => `Ceph health check${put(d, ' ', 'check')}${because(d, 'message')}`,
  'ceph.check.cleared': (d) => `Ceph health check${put(d, ' ', 'check')} has cleared`,
  'mdraid.device.failed': (d) =>
    `RAID array${put(d, ' ', 'array')} lost a device${put(d, ' (', 'component', ')')}${onNode(d)}`,
  'tape.load.requested': (d) =>
    `Tape${put(d, ' ', 'label')} is to be loaded into drive${put(d, ' ', 'drive')}`,
  'auth.login.succeeded': (d) => `Login${put(d, ' of ', 'user')} succeeded${onNode(d)}`,
  'auth.login.failed': (d) => `Login${put(d, ' of ', 'user')}${put(d, ' from ', 'rhost')} failed${onNode(d)}`,
  'auth.token.failed': (d) => `Login with an API token${put(d, ' from ', 'rhost')} failed${onNode(d)}`,
  'auth.ssh.succeeded': (d) =>
    `SSH login${put(d, ' of ', 'user')}${put(d, ' from ', 'rhost')} succeeded${onNode(d)}`,
  'auth.ssh.failed': (d) =>
    `SSH login${put(d, ' of ', 'user')}${put(d, ' from ', 'rhost')} failed${onNode(d)}`,
  'certificate.renewal.failed': (d) => `Certificate renewal failed${onNode(d)}${because(d)}`,
  'certificate.expiring': (d) =>
    `Certificate${put(d, ' ', 'filename')}${onNode(d)} expires${put(d, ' in ', 'days_left', ' days')}`,
  'certificate.expired': (d) => `Certificate${put(d, ' ', 'filename')}${onNode(d)} has expired`,
  'certificate.renewed': (d) => `Certificate${put(d, ' ', 'filename')}${onNode(d)} was renewed`,
  'subscription.expiring': (d) => `Subscription${onNode(d)} ends${put(d, ' on ', 'next_due')}`,
  'subscription.inactive': (d) => `Subscription${onNode(d)} is not active${put(d, ': ', 'status')}`,
  'subscription.active': (d) => `Subscription${onNode(d)} is active`,
  'api.request.failed': (d) =>
    `API request${put(d, ' ', 'method')}${put(d, ' ', 'path')} failed${put(d, ' with HTTP ', 'http_status')}${onNode(d)}`,
  'system.mail.received': (d) => `System mail${onNode(d)}${because(d, 'subject')}`,
  'task.error.logged': (d) => `A task logged an error${onNode(d)}${because(d)}`,
  'notification.test.received': (d) =>
    `Test notification${word(d, ' of target ', 'target')} received${onNode(d)}`,
  'notification.unmapped': (d) =>
    `Notification${word(d, ' of type ', 'notification_type')}${onNode(d)}${because(d, 'title')}`,
  'notification.delivery.failed': (d) =>
    `Delivery of a notification${put(d, ' via ', 'target')} failed${onNode(d)}${because(d)}`,
  'source.storm': (d) =>
    `${capital(fact(d, 'source') ?? 'a source')} tells more than is stored: ${fact(d, 'count') ?? 'many'} events were only counted`,
};

/** The line of a condition; `undefined` for types outside the vocabulary. */
export function conditionTitle(draft: EventDraft): string | undefined {
  const write = Object.hasOwn(CONDITIONS, draft.type)
    ? CONDITIONS[draft.type as ConditionType] // own key, so one of the table's
    : undefined;
  return write?.(draft);
}
