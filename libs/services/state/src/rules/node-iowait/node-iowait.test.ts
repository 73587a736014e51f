import { tryRule } from '../../testing/try-rule.ts';
import { nodeIowait } from './rule.ts';

const node = (iowait: number | undefined, change = {}) =>
  ({
    kind: 'node',
    node: 'pve1',
    status: 'online',
    ...(iowait === undefined ? {} : { iowait }),
    ...change,
  }) as const;

it('tells of processors that wait for the disks of a node without pressures', () => {
  const t = tryRule(nodeIowait);
  t.watch(0, 10, node(0.25));
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|node/pve1|node.io.pressure', severity: 'warning', why: { value: 25, threshold: 20 } },
  ]);
  t.watch(15, 40, node(0.17));
  expect(t.transitions()).toEqual(['opened']);
  t.watch(45, 50, node(0.05));
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.close();
});

it('leaves a node with pressures to the other rule, and says nothing without a number', () => {
  const t = tryRule(nodeIowait);
  t.watch(0, 30, node(0.9, { pressureiofull: 1 }), node(undefined, { node: 'pve2' }));
  t.watch(35, 60, node(0.9, { status: 'offline' }));
  expect(t.transitions()).toEqual([]);
  t.close();
});
