import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { mdraidDegraded } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const mail = (second: number, event: string, channel: 'email' | 'webhook' = 'email') =>
  sampleEvent({
    type: 'mdraid.device.failed',
    channel,
    node: 'pve1',
    second,
    facts: { array: '/dev/md0', component: '/dev/sda1', event },
  });

it('is one critical incident of the failure, its copy and the daily reminders, until the spare is active', () => {
  t = tryRule(mdraidDegraded);
  t.hear(mail(0, 'Fail'), mail(3, 'Fail', 'webhook'), mail(86_400, 'DegradedArray'));
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|mdraid/pve1/md0|mdraid.device.failed', severity: 'critical', status: 'open' },
  ]);
  t.hear(mail(100_000, 'SpareActive'));
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
});

it('ends without a word when no reminder comes any more; rebuilding is no trouble', () => {
  t = tryRule(mdraidDegraded);
  t.hear(mail(0, 'RebuildStarted'));
  expect(t.incidents()).toEqual([]);
  t.hear(mail(10, 'DegradedArray'), mail(86_410, 'DegradedArray'));
  t.wait(86_410 + 3 * 86_400 - 60);
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.wait(86_410 + 3 * 86_400 + 60);
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'expired' }]);
});
