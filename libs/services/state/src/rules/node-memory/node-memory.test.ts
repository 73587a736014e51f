import { tryRule } from '../../testing/try-rule.ts';
import { nodeMemory } from './rule.ts';

const node = (percent: number, change = {}) =>
  ({ kind: 'node', node: 'pve1', status: 'online', mem: percent, maxmem: 100, ...change }) as const;
const storage = {
  kind: 'storage',
  node: 'pve2',
  storage: 'tank',
  status: 'available',
  shared: false,
} as const;

it('tells of memory that is used up for ten minutes, how bad it gets, and of its end', () => {
  const t = tryRule(nodeMemory);
  t.watch(0, 10, node(92));
  expect(t.incidents()).toMatchObject([{ severity: 'warning', why: { value: 92, threshold: 90 } }]);
  t.watch(15, 25, node(98));
  expect(t.incidents()).toMatchObject([{ severity: 'critical', why: { value: 98, threshold: 97 } }]);
  t.watch(30, 40, node(86));
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.watch(45, 50, node(60));
  expect(t.transitions()).toEqual(['opened', 'updated', 'resolved']);
  t.close();
});

it('does not take the cache of ZFS for used memory, and believes a low number all the same', () => {
  const t = tryRule(nodeMemory);
  const onZfs = { node: 'pve2' };
  t.watch(0, 30, node(99, onZfs), { ...storage, type: 'zfspool' });
  expect(t.transitions()).toEqual([]);
  t.watch(35, 45, node(99, onZfs), { ...storage, type: 'lvmthin' });
  expect(t.transitions()).toEqual(['opened']);
  t.watch(50, 55, node(30, onZfs), { ...storage, type: 'zfspool' });
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.close();
});

it('subtracts that cache where it is known, and waits for pressure until it is critical', () => {
  const t = tryRule(nodeMemory);
  const zfs = { ...storage, node: 'pve1', type: 'zfspool' };
  t.watch(0, 30, node(98, { arcsize: 40, pressurememorysome: 9 }), zfs);
  t.watch(35, 60, node(95, { arcsize: 0, pressurememorysome: 0 }), zfs);
  expect(t.transitions()).toEqual([]);
  t.watch(65, 75, node(95, { arcsize: 0, pressurememorysome: 9 }), zfs);
  expect(t.incidents()).toMatchObject([{ severity: 'warning', why: { value: 95 } }]);
  t.watch(80, 90, node(99, { arcsize: 0, pressurememorysome: 0 }), zfs);
  expect(t.incidents()).toMatchObject([{ severity: 'critical' }]);
  t.close();
});
