import { tryRule } from '../../testing/try-rule.ts';
import { nodeCpu } from './rule.ts';

const node = (percent: number, change = {}) =>
  ({ kind: 'node', node: 'pve1', status: 'online', cpu: percent / 100, maxcpu: 16, ...change }) as const;

it('tells of processors that are busy for ten minutes, and of their rest below the clear threshold', () => {
  const t = tryRule(nodeCpu);
  t.watch(0, 5, node(99));
  t.see(7, node(40));
  t.watch(10, 15, node(88));
  expect(t.incidents()).toEqual([]);
  t.see(20, node(88));
  expect(t.incidents()).toMatchObject([
    {
      key: 'atlas|node/pve1|node.cpu.high',
      severity: 'warning',
      cause: '88 % of 16 processors for ten minutes and more',
      why: { rule: 'node-cpu', value: 88, threshold: 85, unit: '%', forSeconds: 600 },
    },
  ]);
  t.watch(25, 40, node(82));
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.watch(45, 50, node(79));
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.close();
});

it('leaves a node alone whose work gets done all the same', () => {
  const t = tryRule(nodeCpu);
  t.watch(0, 30, node(99, { pressurecpusome: 8 }));
  expect(t.transitions()).toEqual([]);
  t.watch(35, 45, node(99, { pressurecpusome: 35 }));
  expect(t.transitions()).toEqual(['opened']);
  t.close();
});

it('says nothing of a node that is away or shows no number', () => {
  const t = tryRule(nodeCpu);
  t.watch(0, 30, node(99, { status: 'offline' }), node(0, { node: 'pve2', cpu: undefined }));
  expect(t.transitions()).toEqual([]);
  t.close();
});
