import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { diskSmart } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const DISK = { device: '/dev/sdb', model: 'ST4000', serial: 'ZC1' };
const mail = (second: number, failType: string, message: string) =>
  sampleEvent({
    type: failType === 'Health' ? 'disk.smart.failed' : 'disk.smart.warning',
    channel: 'email',
    node: 'pve1',
    second,
    facts: { ...DISK, fail_type: failType, message, repeat: false },
  });
const line = (second: number, failType: string, message: string) =>
  sampleEvent({
    type: failType === 'Health' ? 'disk.smart.failed' : 'disk.smart.warning',
    channel: 'syslog',
    node: 'pve1',
    second,
    facts: { device: '/dev/sdb', fail_type: failType, message },
  });
const polled = (type: string, second: number, facts = {}) =>
  sampleEvent({
    type,
    node: 'pve1',
    second,
    facts: { ...DISK, message: 'SMART health is FAILED!', ...facts },
  });

it('is one critical incident of a failed disk, told by poll, log and mail, until it passes', () => {
  t = tryRule(diskSmart);
  const said = 'Device: /dev/sdb [SAT], FAILED SMART self-check. BACK UP DATA NOW!';
  t.hear(
    line(0, 'Health', said),
    mail(2, 'Health', said),
    polled('disk.smart.failed', 600, { fail_type: 'Health' }),
  );
  expect(t.incidents()).toMatchObject([
    {
      key: 'atlas|disk/pve1/sdb|disk.smart.failed',
      severity: 'critical',
      node: 'pve1',
      title: 'Disk is failing: /dev/sdb on pve1',
      status: 'open',
    },
  ]);
  t.wait(30 * 86_400);
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.hear(polled('disk.smart.passed', 31 * 86_400, { message: 'SMART health is PASSED' }));
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  expect(t.transitions().filter((word) => word === 'opened')).toHaveLength(1);
});

it('is a warning while smartd only warns, critical with unreadable sectors, and over after a silent week', () => {
  t = tryRule(diskSmart);
  t.hear(line(0, 'ErrorCount', 'Device: /dev/sdb [SAT], ATA error count increased from 0 to 3'));
  expect(t.incidents()).toMatchObject([{ severity: 'warning' }]);
  t.hear(
    mail(60, 'CurrentPendingSector', 'Device: /dev/sdb [SAT], 8 Currently unreadable (pending) sectors'),
  );
  expect(t.incidents()).toMatchObject([
    { severity: 'critical', title: 'Disk has unreadable sectors: /dev/sdb on pve1' },
  ]);
  t.wait(6 * 86_400);
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.wait(8 * 86_400);
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'expired' }]);
});
