import { hash } from 'node:crypto';
import type { Event } from '@proxmox-mcp/schemas';
import fc from 'fast-check';
import { epoch, iso, sampleEvent, type Sample } from './sample-events.ts';

/** A report whose id is what it says, received some time after it happened. */
function report(sample: Sample, lateS: number): Event {
  const { second = 0 } = sample;
  const event = sampleEvent({ ...sample, second });
  const receivedAt = iso(second + lateS);
  const id = `ev-${hash('sha256', JSON.stringify([event, receivedAt]), 'base64url').slice(0, 20)}`;
  return { ...event, ...(sample.channel === 'webhook' ? { at: epoch(second) } : {}), id, receivedAt };
}

const second = fc.oneof(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 1_200 }));
const late = fc.integer({ min: 0, max: 600 });
const node = fc.constantFrom('pve1', 'pve2');
const channel = fc.constantFrom('webhook', 'email', 'gotify', 'discord' as const);
const sets = fc.constantFrom<(readonly number[] | undefined)[]>([101], [101, 104], [104], undefined);
const rows = (vmids: readonly number[] | undefined) =>
  vmids === undefined ? {} : { guests: vmids.map((vmid) => ({ vmid, status: 'ok' })) };

const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0');
const pveUpid = (on: string, pid: number, start: number, type: string, id = '', user = 'root@pam') =>
  `UPID:${on}:${hex(pid)}:0A5C11D3:${hex(epoch(start))}:${type}:${id}:${user}:`;

/** Backups of few nodes, workers and guests: their ends, what is known of their guests, and notifications that tell more or less. */
const backups = [
  fc
    .record({ node, second, late, pid: fc.integer({ min: 1, max: 3 }), vmids: sets, failed: fc.boolean() })
    .map(({ pid, vmids, failed, ...at }) =>
      report(
        {
          type: failed ? 'backup.job.failed' : 'backup.job.succeeded',
          node: at.node,
          upid: pveUpid(at.node, pid, at.second - 30, 'vzdump'),
          second: at.second,
          facts: { task_type: 'vzdump', task_id: '', endtime: epoch(at.second), ...rows(vmids) },
        },
        at.late,
      ),
    ),
  fc
    .record({
      node: fc.option(node, { nil: undefined }),
      channel,
      second,
      late,
      vmids: sets,
      failed: fc.boolean(),
      job: fc.constantFrom('backup-a', 'backup-b', undefined),
    })
    .map(({ vmids, failed, job, node: on, ...at }) =>
      report(
        {
          type: failed ? 'backup.job.failed' : 'backup.job.succeeded',
          ...at,
          ...(on === undefined ? {} : { node: on }),
          facts: {
            notification_type: 'vzdump',
            ...rows(vmids),
            ...(job === undefined ? {} : { job_id: job }),
            ...(at.channel === 'webhook' ? { source_severity: 'error' } : {}),
          },
        },
        at.late,
      ),
    ),
  fc
    .record({ node, second, late, pid: fc.integer({ min: 1, max: 3 }), vmid: fc.constantFrom(101, 104) })
    .map(({ pid, vmid, ...at }) =>
      report(
        {
          type: 'backup.guest.failed',
          channel: 'syslog',
          node: at.node,
          second: at.second,
          guest: { kind: 'unknown', vmid },
          facts: { error: 'no space', worker_pid: pid },
        },
        at.late,
      ),
    ),
];

/** Jobs of a PBS that fail in the same words, their notifications, and lines that name neither. */
const pbsJobs = [
  fc
    .record({ second, late, n: fc.integer({ min: 1, max: 4 }), store: fc.constantFrom('a', 'b') })
    .map(({ n, store, ...at }) =>
      report(
        {
          type: 'backup.gc.failed',
          product: 'pbs',
          cluster: 'pbs1',
          node: 'pbs1',
          storage: store,
          second: at.second,
          status: 'no space',
          upid: `UPID:pbs1:0000035F:00000A1B:${hex(n)}:${hex(epoch(at.second - 9))}:garbage_collection:${store}:root@pam:`,
          facts: { task_type: 'garbage_collection', error: 'no space', endtime: epoch(at.second) },
        },
        at.late,
      ),
    ),
  fc.record({ second, late, channel, store: fc.constantFrom('a', 'b') }).map(({ store, ...at }) =>
    report(
      {
        type: 'backup.gc.failed',
        product: 'pbs',
        cluster: 'pbs1',
        node: 'pbs1',
        storage: store,
        ...at,
        facts: { notification_type: 'gc', error: 'no space' },
      },
      at.late,
    ),
  ),
  fc.record({ second, late }).map((at) =>
    report(
      {
        type: 'task.failed',
        product: 'pbs',
        cluster: 'pbs1',
        node: 'pbs1',
        channel: 'syslog',
        second: at.second,
        facts: { error: 'no space' },
      },
      at.late,
    ),
  ),
];

/** Conditions that come, go and repeat themselves. */
const conditions = [
  fc
    .record({ node, second, late, type: fc.constantFrom('unavailable', 'unknown', 'available') })
    .map(({ type, ...at }) =>
      report({ ...at, type: `storage.state.${type}`, channel: 'syslog', storage: 'nas' }, at.late),
    ),
  fc.record({ second, late, user: fc.constantFrom('root', 'ada') }).map(({ user, ...at }) =>
    report(
      {
        ...at,
        type: 'auth.ssh.failed',
        severity: 'warning',
        channel: 'syslog',
        node: 'pve1',
        facts: { user, rhost: '203.0.113.9' },
      },
      at.late,
    ),
  ),
  fc
    .record({
      node,
      second,
      late,
      type: fc.constantFrom(
        'node.state.offline',
        'node.state.online',
        'node.fence.started',
        'node.fence.succeeded',
      ),
    })
    .map((at) => report(at, at.late)),
  fc.record({ second, late, count: fc.constantFrom(1, 2, 3, undefined), channel }).map(({ count, ...at }) =>
    report(
      {
        ...at,
        type: 'replication.job.failed',
        guest: { kind: 'unknown', vmid: 110 },
        facts: { job_id: '110-0', ...(count === undefined ? {} : { failure_count: count }) },
      },
      at.late,
    ),
  ),
  fc
    .record({
      second,
      late,
      device: fc.constantFrom('/dev/sda', '/dev/sdb'),
      serial: fc.constantFrom('X', 'Y', undefined),
    })
    .map(({ device, serial, ...at }) =>
      report(
        {
          ...at,
          type: 'disk.smart.warning',
          node: 'pve1',
          facts: { device, fail_type: 'Health', ...(serial === undefined ? {} : { serial }) },
        },
        at.late,
      ),
    ),
];

/** What zed numbers and what polls see of two devices of a pool. */
const pools = [
  fc
    .record({
      second: fc.oneof(second, fc.integer({ min: 0, max: 4_000 })),
      late,
      eid: fc.constantFrom(1, 2, undefined),
      vdev: fc.constantFrom('a', '/dev/a', 'b', undefined),
    })
    .map(({ eid, vdev, ...at }) =>
      report(
        {
          ...at,
          type: 'zfs.vdev.faulted',
          node: 'pve1',
          facts: {
            pool: 'tank',
            ...(eid === undefined ? {} : { eid }),
            ...(vdev === undefined ? {} : { vdev }),
          },
        },
        at.late,
      ),
    ),
];

/** A guest that stops and moves, by itself and by tasks. */
const guests = [
  fc
    .record({
      node,
      second,
      late,
      kind: fc.constantFrom('qemu', 'lxc', 'unknown' as const),
      type: fc.constantFrom(
        'guest.process.exited',
        'guest.state.stopped',
        'guest.node.changed',
        'guest.oom.killed',
      ),
    })
    .map(({ kind, ...at }) =>
      report({ ...at, guest: { kind, vmid: 104 }, facts: { to_node: at.node } }, at.late),
    ),
  fc
    .record({
      node,
      second,
      late,
      pid: fc.integer({ min: 5, max: 7 }),
      type: fc.constantFrom('stop', 'migrate'),
    })
    .map(({ pid, type, ...at }) =>
      report(
        {
          ...at,
          type: `guest.${type}.succeeded`,
          guest: { kind: 'qemu', vmid: 104 },
          upid: pveUpid(at.node, pid, at.second - 20, type === 'stop' ? 'qmstop' : 'qmigrate', '104'),
          facts: { endtime: epoch(at.second), user: 'root@pam' },
        },
        at.late,
      ),
    ),
];

/** Sets of reports about few objects within twenty minutes, half of them within ninety seconds: what could meet, meets. */
export const reportSets: fc.Arbitrary<Event[]> = fc
  .constantFrom(backups, pbsJobs, conditions, pools, guests, [
    ...backups,
    ...pbsJobs,
    ...conditions,
    ...guests,
  ])
  .chain((story) => fc.array(fc.oneof(...story), { minLength: 1, maxLength: 18 }))
  .map((events) => [...new Map(events.map((event) => [event.id, event])).values()]);
