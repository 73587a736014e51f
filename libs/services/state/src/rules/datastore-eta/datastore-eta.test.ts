import { tryRule } from '../../testing/try-rule.ts';
import { datastoreEta } from './rule.ts';

const NIGHT_S = Date.parse('2026-03-14T01:00:00Z') / 1_000;
const fullIn = (days: number | undefined) =>
  ({
    kind: 'datastore',
    node: 'pbs1',
    datastore: 'tank',
    status: 'available',
    ...(days === undefined ? {} : { estimatedFull: NIGHT_S + days * 86_400 }),
  }) as const;

it('tells when a datastore will be full soon, and that it lasts again at twice the time', () => {
  const t = tryRule(datastoreEta);
  t.watch(0, 30, fullIn(10));
  expect(t.incidents()).toMatchObject([
    { condition: 'storage.usage.filling', severity: 'warning', why: { value: 10, threshold: 14, unit: 'd' } },
  ]);
  t.watch(35, 65, fullIn(2));
  expect(t.incidents()).toMatchObject([{ severity: 'critical', why: { threshold: 3 } }]);
  t.watch(70, 200, fullIn(20));
  // What has no estimate is not known to last.
  t.watch(205, 300, fullIn(undefined));
  expect(t.transitions()).toEqual(['opened', 'updated']);
  t.watch(305, 365, fullIn(90));
  expect(t.transitions()).toEqual(['opened', 'updated', 'resolved']);
  t.close();
});
