import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { nodeOffline } from '../node-offline/rule.ts';
import { nodeUnknown } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());
const node = (state: string, second: number) =>
  sampleEvent({ type: `node.state.${state}`, node: 'pve2', second, facts: { to: state } });

it('warns of a node that stays silent, until it tells again', () => {
  t = tryRule(nodeUnknown);
  t.hear(node('unknown', 0), node('online', 60));
  t.wait(300);
  expect(t.incidents()).toEqual([]);
  t.hear(node('unknown', 1_000));
  t.wait(1_130);
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|node/pve2|node.state.unknown', severity: 'warning', status: 'open' },
  ]);
  t.hear(node('online', 2_000));
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
});

it('is not told beside the same node being offline', () => {
  t = tryRule(nodeUnknown, {}, { besides: [nodeOffline] });
  t.hear(node('unknown', 0), node('offline', 20));
  t.wait(140);
  t.hear(node('unknown', 400));
  t.wait(500);
  t.hear(node('online', 510));
  t.wait(1_500);
  expect(t.incidents()).toMatchObject([{ condition: 'node.state.offline', status: 'resolved' }]);
});
