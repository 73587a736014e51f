import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule } from '../../testing/try-rule.ts';
import { guestLock } from './rule.ts';

const guest = (lock?: string, change = {}) =>
  ({
    kind: 'guest',
    guestKind: 'qemu',
    vmid: 104,
    name: 'db01',
    node: 'pve1',
    status: 'running',
    template: false,
    ...(lock === undefined ? {} : { lock }),
    ...change,
  }) as const;
const UPID = 'UPID:pve1:00010000:0A5C11D3:69B4B390:vzdump::root@pam:';

it('tells of a lock that nobody holds for half an hour, and of its end', () => {
  const t = tryRule(guestLock);
  t.watch(0, 25, guest('migrate'));
  expect(t.transitions()).toEqual([]);
  t.see(30, guest('migrate'));
  expect(t.incidents()).toMatchObject([
    {
      key: 'atlas|guest/104|guest.lock.stale',
      severity: 'warning',
      title: 'VM 104 (db01) is locked (migrate) without a task',
      why: { value: 'migrate', forSeconds: 1_800 },
    },
  ]);
  t.see(35, guest());
  t.see(36, guest());
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.close();
});

it('says nothing while a backup runs on its node, and counts from its end', () => {
  const t = tryRule(guestLock);
  const job = { node: 'pve1', upid: UPID, facts: { task_type: 'vzdump' } };
  t.hear(sampleEvent({ type: 'backup.job.started', ...job, second: 0 }));
  t.watch(0, 60, guest('backup'));
  expect(t.transitions()).toEqual([]);
  t.hear(sampleEvent({ type: 'backup.job.unknown', ...job, status: 'unexpected status', second: 3_600 }));
  t.watch(65, 90, guest('backup'));
  expect(t.incidents().filter(({ condition }) => condition === 'guest.lock.stale')).toEqual([]);
  t.see(95, guest('backup'));
  expect(t.incidents()).toContainEqual(expect.objectContaining({ condition: 'guest.lock.stale' }));
  t.close();
});

it('leaves a hibernated guest alone', () => {
  const t = tryRule(guestLock);
  t.watch(0, 120, guest('suspended', { status: 'stopped' }));
  expect(t.transitions()).toEqual([]);
  t.close();
});
