import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { statdSlow } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const slow = (second: number) =>
  sampleEvent({ type: 'node.statd.slow', channel: 'syslog', node: 'pve1', second, facts: { seconds: 12.4 } });
const from = (first: number, count: number) => Array.from({ length: count }, (_, n) => slow(first + n * 20));

it('warns of a node whose status collection stays slow, and not of a slow minute', () => {
  t = tryRule(statdSlow);
  t.hear(...from(0, 10));
  expect(t.incidents()).toEqual([]);
  t.hear(...from(1_000, 60));
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|node/pve1|node.statd.slow', severity: 'warning', status: 'open' },
  ]);
  expect(t.transitions().filter((word) => word === 'opened')).toHaveLength(1);
  t.wait(2_200 + 950);
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'expired' }]);
});
