import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { certificateRenewal } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

it('is one incident of the failure, its copy and the next days, until the certificate is renewed', () => {
  t = tryRule(certificateRenewal);
  const failed = (second: number, channel: 'webhook' | 'email' = 'webhook') =>
    sampleEvent({
      type: 'certificate.renewal.failed',
      product: 'pbs',
      cluster: 'pbs1',
      node: 'pbs1',
      channel,
      second,
      facts: { error: 'order is invalid' },
    });
  t.hear(failed(0), failed(2, 'email'), failed(86_400));
  expect(t.incidents()).toMatchObject([{ severity: 'error', cause: 'order is invalid', status: 'open' }]);
  t.hear(
    sampleEvent({
      type: 'certificate.renewed',
      product: 'pbs',
      cluster: 'pbs1',
      node: 'pbs1',
      second: 90_000,
      facts: { filename: 'proxy.pem', days_left: 89 },
    }),
  );
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
});
