import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { datastoreThreshold } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

it('tells once of a counter past its limit, and ends it a day after the last word', () => {
  t = tryRule(datastoreThreshold);
  const exceeded = (second: number, channel: 'webhook' | 'email') =>
    sampleEvent({
      type: 'datastore.threshold.exceeded',
      product: 'pbs',
      cluster: 'pbs1',
      node: 'pbs1',
      storage: 'store1',
      channel,
      second,
      facts: { datastore: 'store1', threshold: 'upload', limit: 1_000, value: 1_200 },
    });
  t.hear(exceeded(0, 'webhook'), exceeded(3, 'email'));
  expect(t.incidents()).toMatchObject([
    { severity: 'warning', storage: 'store1', why: { value: 1_200, threshold: 1_000 }, status: 'open' },
  ]);
  t.wait(86_500);
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'expired' }]);
});
