import fc from 'fast-check';
import { normalizeTaskLog } from './normalize-task-log.ts';

const pve = (type: string, id = '') => `UPID:pve1:0000A001:0A650000:69B4A500:${type}:${id}:root@pam:`;
const pbs = (type: string, id: string) =>
  `UPID:pbs1:0000035F:00000A1B:00000030:69B4EB50:${type}:${id}:root@pam:`;
const read = (lines: readonly string[], context: Record<string, unknown>) =>
  normalizeTaskLog(Buffer.from(lines.join('\n')), { context, receivedAt: 1_773_500_000_000 });
const stamped = (lines: readonly string[]) => lines.map((line) => `2026-03-14T06:00:00+01:00: ${line}`);

describe('a task log', () => {
  it('whose error spans lines gives all of it as one', () => {
    const result = read(['work', 'TASK ERROR: first', 'second', ''], { upid: pve('qmstart', '101') });
    expect(result).toMatchObject({
      events: [{ type: 'guest.start.failed', facts: { error: 'first second', detail: 'work' } }],
    });
  });

  it('that stops without a last word ended without a result, whatever a child said', () => {
    const result = read(['TASK OK', 'more'], { upid: pve('qmstart', '101'), task_running: false });
    expect(result).toMatchObject({ events: [{ type: 'guest.start.unknown', status: 'unexpected status' }] });
  });

  it('of a task that runs claims no end, even when a line looks like one', () => {
    const result = read(['INFO: Starting Backup of VM 101 (qemu)', 'TASK OK'], {
      upid: pve('vzdump'),
      task_running: true,
    });
    expect(result).toMatchObject({ events: [{ type: 'backup.guest.progress', guest: { vmid: 101 } }] });
  });

  it('of a backup that runs tells where it writes, before anything has failed', () => {
    const first = 'INFO: starting new backup job: vzdump 101 --mode snapshot --storage nas-backup --quiet 1';
    const result = read([first, 'INFO: Starting Backup of VM 101 (qemu)'], {
      upid: pve('vzdump'),
      task_running: true,
    });
    expect(result).toMatchObject({ events: [{ type: 'backup.guest.progress', storage: 'nas-backup' }] });
  });

  it('of a backup that ended before its first guest has the storage of its error', () => {
    const result = read(["TASK ERROR: could not activate storage 'nas': storage 'nas' is not online"], {
      upid: pve('vzdump'),
      task_running: false,
    });
    expect(result).toMatchObject({ events: [{ type: 'backup.job.failed', storage: 'nas' }] });
  });

  it('read through the log endpoint says the same as its text', () => {
    const lines = ['kvm: cannot open', 'TASK ERROR: start failed'];
    const answer = JSON.stringify({ data: lines.map((t, i) => ({ n: i + 1, t })), total: 2 });
    expect(read([answer], { upid: pve('qmstart', '101') })).toEqual(
      read(lines, { upid: pve('qmstart', '101') }),
    );
  });

  it('of a job that waits for the lock says so', () => {
    const result = read(['INFO: trying to get global lock - waiting...'], {
      upid: pve('vzdump'),
      task_running: true,
    });
    expect(result).toMatchObject({
      events: [{ type: 'backup.job.progress', facts: { waiting_for_lock: true } }],
    });
  });

  it('of a container moved by restart gives its downtime', () => {
    const lines = [
      '2026-03-14 10:00:00 shutdown CT 205',
      "2026-03-14 10:00:12 starting migration of CT 205 to node 'pve3' (192.0.2.13)",
      '2026-03-14 10:01:30 start container on target node',
      '2026-03-14 10:01:33 migration finished successfully (duration 00:01:33)',
      'TASK OK',
    ];
    expect(read(lines, { upid: pve('vzmigrate', '205'), endtime: 0x69b4a500 + 99 })).toMatchObject({
      events: [
        {
          type: 'guest.migrate.succeeded',
          facts: { downtime_ms: 90_000, duration_s: 93, target_node: 'pve3' },
        },
      ],
    });
  });

  it('of a verification lists what failed and which chunks are bad', () => {
    const chunk = 'ab'.repeat(32);
    const lines = stamped([
      "Starting datastore verify job 'cold:v-1'",
      'verify datastore cold',
      'found 2 groups',
      `chunk ${chunk} was marked as corrupt, renamed to /x.0.bad`,
      '  verified 512.33/1024.10 MiB in 20.11 seconds, speed 25.48/50.93 MiB/s (1 errors)',
      'percentage done: 100.00% (2/2 groups)',
      'Failed to verify the following snapshots/groups:',
      '\tct/2001/2026-03-14T01:00:04Z',
      'TASK ERROR: verification failed - please check the log for details',
    ]);
    expect(read(lines, { upid: pbs('verificationjob', 'cold\\x3av\\x2d1') })).toMatchObject({
      events: [
        {
          type: 'backup.verify.failed',
          storage: 'cold',
          facts: {
            job_id: 'v-1',
            groups: 2,
            failed: ['ct/2001/2026-03-14T01:00:04Z'],
            corrupt_chunks: [chunk],
          },
        },
      ],
    });
  });

  it('of a local sync before 4.2 is read as well', () => {
    const lines = stamped([
      "sync datastore 'b' from 'a'",
      'found 3 groups to sync (out of 3 total)',
      'Summary: sync job pulled 1.2 GiB in 412 chunks (average rate: 21.3 MiB/s)',
      'TASK WARNINGS: 2',
    ]);
    expect(read(lines, { upid: pbs('syncjob', '\\x2d\\x3aa\\x3ab\\x3a\\x3as\\x2d1') })).toMatchObject({
      events: [
        {
          type: 'backup.sync.warned',
          facts: {
            remote: null,
            remote_datastore: 'a',
            datastore: 'b',
            groups_total: 3,
            chunks: 412,
            warnings: 2,
          },
        },
      ],
    });
  });

  it('without a UPID to go with it is refused', () => {
    expect(read(['TASK OK'], {})).toMatchObject({ reject: true, reason: 'bad-upid' });
  });

  it('never throws, whatever its lines are', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'TASK OK',
        'TASK ERROR: x',
        'INFO: Starting Backup of VM 1 (qemu)',
        'ERROR: Backup of VM 1 failed - y',
      ),
    );
    const types = fc.constantFrom(
      pve('vzdump'),
      pve('qmigrate', '1'),
      pve('x'),
      pbs('syncjob', 'a'),
      pbs('verify', 'a'),
    );
    fc.assert(fc.property(fc.array(line), types, (lines, upid) => void read(lines, { upid })));
  });
});
