import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { certificateExpiring } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const certificate = (type: string, second: number, days_left: number) =>
  sampleEvent({
    type: `certificate.${type}`,
    node: 'pve1',
    second,
    facts: { filename: 'pveproxy-ssl.pem', subject: '/CN=pve1', not_after: 1, days_left, threshold_days: 30 },
  });

it('warns three weeks before, is critical a week before and after the end, and over with a new one', () => {
  t = tryRule(certificateExpiring);
  t.hear(certificate('expiring', 0, 29));
  expect(t.incidents()).toEqual([]);
  t.hear(certificate('expiring', 86_400, 20));
  expect(t.incidents()).toMatchObject([
    {
      key: 'atlas|certificate/pve1/pveproxy-ssl.pem|certificate.expiring',
      severity: 'warning',
      title: 'Certificate pveproxy-ssl.pem on pve1 expires in 20 days',
      why: { value: 20, threshold: 21 },
    },
  ]);
  t.hear(certificate('expiring', 14 * 86_400, 6), certificate('expired', 21 * 86_400, -1));
  expect(t.incidents()).toMatchObject([{ severity: 'critical', status: 'open', why: { value: -1 } }]);
  t.hear(certificate('renewed', 22 * 86_400, 89));
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  expect(t.transitions().filter((word) => word === 'opened')).toHaveLength(1);
});
