import type { Event, Incident } from '@proxmox-mcp/schemas';
import { openTestIngest, type TestIngest } from '../testing/open-ingest.ts';
import { epoch, nightlyBackup, sampleEvent } from '../testing/sample-events.ts';
import { ECHO_WAIT_MS } from './echo.ts';

const GC_UPID = 'UPID:pbs1:0000035F:00000A1B:00000030:69B4B314:garbage_collection:tank\\x2dmain:root@pam:';
const SNAPSHOT_UPID =
  'UPID:pbs1:0000035F:00000A1B:00000031:69B4B314:backup:tank\\x2dmain\\x3avm-104:pve@pbs:';
const FULL = 'unable to update access time of chunk - No space left on device';

const pbs = { product: 'pbs', cluster: 'pbs1', source: 'pbs1', node: 'pbs1' } as const;
const line = (error: string, second: number) =>
  sampleEvent({ type: 'task.failed', channel: 'syslog', ...pbs, second, facts: { error } });
const gcTask = (second: number) =>
  sampleEvent({
    type: 'backup.gc.failed',
    ...pbs,
    storage: 'tank-main',
    upid: GC_UPID,
    second,
    status: FULL,
    facts: {
      task_type: 'garbage_collection',
      error: FULL,
      starttime: epoch(second - 30),
      endtime: epoch(second),
    },
  });
const gcNotification = (second: number) =>
  sampleEvent({
    type: 'backup.gc.failed',
    channel: 'webhook',
    ...pbs,
    storage: 'tank-main',
    second,
    facts: { notification_type: 'gc', error: FULL },
  });
const snapshot = (second: number) =>
  sampleEvent({
    type: 'backup.snapshot.failed',
    ...pbs,
    storage: 'tank-main',
    upid: SNAPSHOT_UPID,
    second,
    guest: { kind: 'qemu', vmid: 104 },
    facts: { task_type: 'backup', group: 'vm/104', starttime: epoch(second - 5), endtime: epoch(second) },
  });

describe('failures that may be the echo of others', () => {
  let t: TestIngest;
  let now: number;
  beforeEach(() => {
    now = Date.parse('2026-03-14T01:00:00Z');
    t = openTestIngest({ now: () => now });
  });
  afterEach(() => t.close());

  const incidents = () =>
    t.history.db
      .prepare('SELECT body FROM incidents ORDER BY n')
      .all()
      .map((row) => JSON.parse(String(row['body'])) as Incident);
  const conditions = () => incidents().map(({ condition }) => condition);
  function wait(ms: number): void {
    now += ms;
    if (t.follower.isDue()) t.run(() => t.follower.tick());
  }

  it.each<[string, Event[]]>([
    ['line, task, notification', [line(FULL, 100), gcTask(100), gcNotification(100)]],
    ['notification, line, task', [gcNotification(100), line(FULL, 100), gcTask(100)]],
    ['task, notification, line', [gcTask(100), gcNotification(100), line(FULL, 100)]],
    ['line, notification, task', [line(FULL, 100), gcNotification(100), gcTask(100)]],
  ])('are one fact and one incident of a failed garbage collection, heard as %s', (_, reports) => {
    t.feed(...reports);
    wait(ECHO_WAIT_MS);
    expect(incidents()).toEqual([
      expect.objectContaining({ condition: 'backup.gc.failed', storage: 'tank-main', occurrences: 1 }),
    ]);
    expect(t.facts.get(GC_UPID)?.members).toHaveLength(3);
  });

  it('are told when nothing else has explained them in time: a line without a task is better than silence', () => {
    t.feed(line(FULL, 100));
    expect(incidents()).toEqual([]);
    wait(ECHO_WAIT_MS - 1);
    expect(incidents()).toEqual([]);
    wait(1);
    expect(conditions()).toEqual(['task.failed']);
    wait(ECHO_WAIT_MS);
    expect(conditions()).toEqual(['task.failed']);
  });

  it('are not told when the backup they are the far end of has failed for the same guest', () => {
    t.feed(snapshot(440), ...nightlyBackup());
    wait(ECHO_WAIT_MS);
    expect(conditions()).toEqual(['backup.job.failed']);
  });

  it('wait for as long as the backup runs', () => {
    const [start, ...rest] = nightlyBackup();
    t.feed(...(start ? [start] : []), snapshot(440));
    wait(3 * ECHO_WAIT_MS);
    expect(incidents()).toEqual([]);
    t.feed(...rest);
    wait(3 * ECHO_WAIT_MS);
    expect(conditions()).toEqual(['backup.job.failed']);
  });

  it('are told when the backup at that time went well for its own guests', () => {
    t.feed(...nightlyBackup({ failed: [], ok: [101] }), snapshot(440));
    wait(ECHO_WAIT_MS);
    expect(conditions()).toEqual(['backup.snapshot.failed']);
  });
});
