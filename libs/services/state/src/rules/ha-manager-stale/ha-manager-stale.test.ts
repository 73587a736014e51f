import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { haManagerStale } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const manager = (word: 'stale' | 'active', second: number, node: string) =>
  sampleEvent({ type: `ha.manager.${word}`, node, second, facts: { manager_node: node } });

it('warns of a manager that stays silent, and not of one whose office another node takes', () => {
  t = tryRule(haManagerStale);
  t.hear(manager('stale', 0, 'pve1'), manager('active', 120, 'pve2'));
  t.wait(400);
  expect(t.incidents()).toEqual([]);
  t.hear(manager('stale', 1_000, 'pve2'));
  t.wait(1_200);
  expect(t.incidents()).toMatchObject([{ key: 'atlas|ha/manager|ha.manager.stale', severity: 'warning' }]);
  t.hear(manager('active', 1_500, 'pve3'));
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
});
