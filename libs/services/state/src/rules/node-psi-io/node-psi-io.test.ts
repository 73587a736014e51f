import { tryRule } from '../../testing/try-rule.ts';
import { nodePsiIo } from './rule.ts';

const node = (pressureiofull: number | undefined, change = {}) =>
  ({
    kind: 'node',
    node: 'pve1',
    status: 'online',
    iowait: 0.5,
    ...(pressureiofull === undefined ? {} : { pressureiofull }),
    ...change,
  }) as const;

it('tells of work that waits for the disks, how bad it gets, and of its end', () => {
  const t = tryRule(nodePsiIo);
  t.watch(0, 10, node(12));
  t.watch(15, 25, node(40));
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|node/pve1|node.io.pressure', severity: 'error', why: { value: 40, threshold: 30 } },
  ]);
  t.watch(30, 60, node(8));
  expect(t.transitions()).toEqual(['opened', 'updated']);
  t.watch(65, 70, node(2));
  expect(t.transitions()).toEqual(['opened', 'updated', 'resolved']);
  t.close();
});

it('says nothing without the number, or of a node that is away', () => {
  const t = tryRule(nodePsiIo);
  t.watch(0, 30, node(undefined), node(90, { node: 'pve2', status: 'offline' }));
  expect(t.transitions()).toEqual([]);
  t.close();
});
