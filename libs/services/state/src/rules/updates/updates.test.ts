import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { updates } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const offered = (second: number, channel: 'api' | 'email') =>
  sampleEvent({
    type: 'node.updates.available',
    channel,
    node: 'pve1',
    second,
    facts: { count: 1, packages: [{ name: 'pve-manager', installed: '9.0.3', available: '9.0.4' }] },
  });

it('is silent unless somebody asks for it; then one line of information, told by poll and mail', () => {
  t = tryRule(updates);
  t.hear(offered(0, 'api'));
  expect(t.incidents()).toEqual([]);
  t.close();
  t = tryRule(updates, { rules: { updates: { enabled: true } } });
  t.hear(offered(0, 'api'), offered(100, 'email'));
  expect(t.incidents()).toMatchObject([{ severity: 'info', why: { value: 1 }, status: 'open' }]);
  t.wait(8 * 86_400);
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'expired' }]);
});
