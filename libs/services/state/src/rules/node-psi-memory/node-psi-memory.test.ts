import { tryRule } from '../../testing/try-rule.ts';
import { nodePsiMemory } from './rule.ts';

const node = (pressurememorysome: number, change = {}) =>
  ({ kind: 'node', node: 'pve1', status: 'online', pressurememorysome, ...change }) as const;

it('tells of work that waits for memory, with the swap, until it does not any more', () => {
  const t = tryRule(nodePsiMemory);
  t.watch(0, 10, node(7.25, { swapused: 6, swaptotal: 8 }));
  expect(t.incidents()).toMatchObject([
    {
      severity: 'warning',
      cause: '7.3 % of the time, 75 % of swap is used',
      why: { value: 7.3, threshold: 5 },
    },
  ]);
  t.watch(15, 40, node(4));
  expect(t.transitions()).toEqual(['opened']);
  t.watch(45, 50, node(1));
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.close();
});

it('says nothing of a node without the number, or that is away', () => {
  const t = tryRule(nodePsiMemory);
  t.watch(0, 30, node(0, { pressurememorysome: undefined }), node(90, { node: 'pve2', status: 'offline' }));
  expect(t.transitions()).toEqual([]);
  t.close();
});
