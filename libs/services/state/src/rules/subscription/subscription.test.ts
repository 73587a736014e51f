import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { subscription } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const said = (type: string, second: number, facts: Record<string, unknown>) =>
  sampleEvent({ type: `subscription.${type}`, node: 'pve1', second, facts });

it('is silent unless somebody asks for it', () => {
  t = tryRule(subscription);
  t.hear(said('expiring', 0, { status: 'active', days_left: 6, next_due: '2026-03-20' }));
  expect(t.incidents()).toEqual([]);
});

it('is one incident from the first warning to the end of the gap', () => {
  t = tryRule(subscription, { rules: { subscription: { enabled: true } } });
  t.hear(
    said('expiring', 0, { status: 'active', days_left: 29 }),
    said('expiring', 86_400, { status: 'active', days_left: 6 }),
    said('inactive', 7 * 86_400, { status: 'expired', from: 'active' }),
  );
  expect(t.incidents()).toMatchObject([{ severity: 'warning', status: 'open' }]);
  t.hear(said('active', 8 * 86_400, { status: 'active', from: 'expired' }));
  expect(t.incidents()).toMatchObject([{ status: 'resolved' }]);
});
