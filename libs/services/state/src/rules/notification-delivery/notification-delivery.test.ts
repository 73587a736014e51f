import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { notificationDelivery } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

it('is one warning of a recipient that mails do not reach, over after a day', () => {
  t = tryRule(notificationDelivery);
  const bounce = (second: number, channel: 'email' | 'webhook') =>
    sampleEvent({
      type: 'notification.delivery.failed',
      channel,
      node: 'pve1',
      second,
      facts: {
        mail_kind: 'dsn',
        subject: 'Undelivered',
        recipient: 'ops@example.net',
        smtp_status: '5.1.1',
        action: 'failed',
      },
    });
  t.hear(bounce(0, 'email'), bounce(4, 'webhook'), bounce(3_600, 'email'));
  expect(t.incidents()).toMatchObject([
    { severity: 'warning', cause: 'the mail server answered 5.1.1', status: 'open' },
  ]);
  t.wait(3_600 + 86_500);
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'expired' }]);
});
