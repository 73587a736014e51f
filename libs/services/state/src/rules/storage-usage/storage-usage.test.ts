import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { storageUsage } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());
const tank = (percent: number, change = {}) =>
  ({
    kind: 'storage',
    node: 'pve1',
    storage: 'tank',
    status: 'available',
    shared: false,
    used: percent * 10,
    total: 1_000,
    ...change,
  }) as const;

it('tells of a full storage once it has lasted, with its number, and of its end past the clear threshold', () => {
  t = tryRule(storageUsage);
  t.see(0, tank(82));
  expect(t.incidents()).toEqual([]);
  t.see(2, tank(82));
  expect(t.incidents()).toMatchObject([
    {
      condition: 'storage.usage.high',
      key: 'atlas|storage/pve1/tank|storage.usage.high',
      severity: 'warning',
      node: 'pve1',
      storage: 'tank',
      title: 'Storage tank on pve1 is nearly full',
      why: { rule: 'storage-usage', value: 82, threshold: 80, unit: '%', forSeconds: 120 },
    },
  ]);
  t.see(4, tank(91));
  t.see(6, tank(91));
  expect(t.incidents()).toMatchObject([{ severity: 'critical', why: { value: 91, threshold: 90 } }]);
  t.see(8, tank(78));
  t.see(20, tank(78));
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.see(22, tank(70));
  t.see(24, tank(70));
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  expect(t.transitions()).toEqual(['opened', 'updated', 'resolved']);
});

it('neither tells nor ends anything by what it does not see', () => {
  t = tryRule(storageUsage);
  t.see(0, tank(95));
  t.see(1, tank(95, { status: 'unavailable', used: undefined }));
  t.see(2, tank(95));
  expect(t.incidents()).toEqual([]);
  t.see(4, tank(95));
  expect(t.incidents()).toHaveLength(1);
  t.see(5, tank(0, { status: 'unavailable', used: undefined, total: undefined }));
  // Nothing was heard of it for a quarter of an hour.
  t.see(30);
  t.see(45);
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
});

it('takes thresholds for one storage only, and is silent where it is off', () => {
  const overrides = [
    { match: { storage: 'tank' }, rules: { 'storage-usage': { warn: 97, crit: 99, for: '0s' } } },
    { match: { storage: 'scratch' }, rules: { 'storage-usage': { enabled: false } } },
  ];
  t = tryRule(storageUsage, { overrides });
  t.see(0, tank(96), tank(100, { storage: 'scratch' }));
  t.see(10, tank(97), tank(100, { storage: 'scratch' }));
  expect(t.incidents()).toMatchObject([{ storage: 'tank', severity: 'warning', why: { threshold: 97 } }]);
});

it('neither ends an incident after a start by a value between the thresholds, nor forgets to end it', () => {
  t = tryRule(storageUsage);
  t.see(0, tank(85));
  t.see(2, tank(85));
  t.restart();
  t.watch(5, 30, tank(78));
  expect(t.transitions()).toEqual(['opened']);
  t.watch(35, 40, tank(74));
  expect(t.transitions()).toEqual(['opened', 'resolved']);
});

it('ends with the storage itself', () => {
  t = tryRule(storageUsage);
  t.watch(0, 5, tank(85));
  t.lose(tank(0));
  t.see(6);
  expect(t.incidents()).toMatchObject([{ status: 'resolved' }]);
});

it('tells once of a datastore that is a storage too', () => {
  t = tryRule(storageUsage);
  const store = { kind: 'datastore', node: 'pbs1', datastore: 'main', status: 'available' } as const;
  t.watch(0, 20, { ...store, total: 1_000 }, tank(95, { type: 'pbs' }));
  expect(t.transitions()).toEqual([]);
  t.watch(25, 30, { ...store, total: 2_000 }, tank(95, { type: 'pbs' }));
  expect(t.transitions()).toEqual(['opened']);
});
