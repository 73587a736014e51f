import { tryRule } from '../../testing/try-rule.ts';
import { storageEta } from './rule.ts';

const TIB = 1_024 ** 4;
const tank = (usedRatio: number, change = {}) =>
  ({
    kind: 'storage',
    node: 'pve1',
    storage: 'tank',
    status: 'available',
    shared: false,
    used: Math.round(usedRatio * TIB),
    total: TIB,
    ...change,
  }) as const;

it('tells of a storage that will be full within a day, and that it lasts again when it stops growing', () => {
  const t = tryRule(storageEta);
  const DAY = 24 * 60;
  t.watch(0, 2 * DAY, tank(0.6));
  for (let minute = 2 * DAY; minute <= 3 * DAY; minute += 5)
    t.see(minute, tank(0.6 + ((minute - 2 * DAY) / DAY) * 0.25));
  expect(t.incidents()).toMatchObject([
    {
      key: 'atlas|storage/pve1/tank|storage.usage.filling',
      severity: 'critical',
      why: { rule: 'storage-eta', unit: 'h' },
    },
  ]);
  t.watch(3 * DAY + 5, 3 * DAY + 600, tank(0.85));
  expect(t.transitions()).toEqual(['opened', 'updated', 'resolved']);
  t.close();
});

it('leaves a datastore that is watched itself to its own rule', () => {
  const t = tryRule(storageEta);
  const store = {
    kind: 'datastore',
    node: 'pbs1',
    datastore: 'main',
    status: 'available',
    total: TIB,
  } as const;
  for (let minute = 0; minute <= 60 * 60; minute += 5)
    t.see(minute, store, tank(0.5 + (minute / 6_000) * 0.8, { type: 'pbs', shared: true }));
  expect(t.transitions()).toEqual([]);
  t.close();
});
