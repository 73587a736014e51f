import { tryRule } from '../../testing/try-rule.ts';
import { nodeRootfs } from './rule.ts';

const GIB = 1_024 ** 3;
const node = (used: number, total: number, change = {}) =>
  ({
    kind: 'node',
    node: 'pve1',
    status: 'online',
    disk: used * GIB,
    maxdisk: total * GIB,
    ...change,
  }) as const;

it('tells of a root file system by its part in use, and worse', () => {
  const t = tryRule(nodeRootfs);
  t.watch(0, 5, node(86, 100));
  expect(t.incidents()).toMatchObject([
    {
      severity: 'warning',
      why: { value: 86, threshold: 85 },
      cause: '86 % is used, 14 GiB are left',
    },
  ]);
  t.watch(10, 15, node(96, 100));
  expect(t.incidents()).toMatchObject([{ severity: 'critical' }]);
  t.watch(20, 25, node(79, 100));
  expect(t.transitions()).toEqual(['opened', 'updated', 'resolved']);
  t.close();
});

it('tells of less than 5 GiB sooner, but not of a small disk that is half empty', () => {
  const t = tryRule(nodeRootfs);
  t.watch(0, 30, node(4, 8));
  expect(t.transitions()).toEqual([]);
  t.watch(35, 40, node(12, 16));
  expect(t.incidents()).toMatchObject([{ severity: 'warning', why: { value: 75 } }]);
  t.watch(45, 70, node(12, 16, { status: 'offline' }));
  t.watch(75, 80, node(12, 16, { disk: undefined }));
  expect(t.transitions()).toEqual(['opened']);
  t.close();
});
