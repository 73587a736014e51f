import { tryRule } from '../../testing/try-rule.ts';
import { datastoreUsage } from './rule.ts';

const tank = (used: number, change = {}) =>
  ({
    kind: 'datastore',
    node: 'pbs1',
    datastore: 'tank',
    product: 'pbs',
    cluster: 'pbs1',
    status: 'available',
    used,
    total: 100,
    ...change,
  }) as const;

it('tells of a datastore that is nearly full until it has room again, and not by what it does not see', () => {
  const t = tryRule(datastoreUsage);
  t.see(0, tank(83));
  t.see(2, tank(83));
  expect(t.incidents()).toMatchObject([
    {
      key: 'pbs1|datastore/tank|storage.usage.high',
      product: 'pbs',
      storage: 'tank',
      severity: 'warning',
      why: { value: 83, threshold: 80 },
    },
  ]);
  t.watch(5, 30, tank(0, { status: 'unavailable', used: undefined, total: undefined }));
  t.watch(35, 60, tank(78));
  expect(t.transitions()).toEqual(['opened']);
  t.watch(65, 70, tank(60));
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.close();
});
