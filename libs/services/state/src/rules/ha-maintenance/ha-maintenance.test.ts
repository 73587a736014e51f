import { tryRule } from '../../testing/try-rule.ts';
import { haMaintenance } from './rule.ts';

const node = (hastate?: string) =>
  ({ kind: 'node', node: 'pve1', status: 'online', ...(hastate === undefined ? {} : { hastate }) }) as const;

it('is off until somebody wants it, and then tells of a node in maintenance', () => {
  const off = tryRule(haMaintenance);
  off.watch(0, 30, node('maintenance'));
  expect(off.transitions()).toEqual([]);
  off.close();
  const t = tryRule(haMaintenance, { rules: { 'ha-maintenance': { enabled: true } } });
  t.watch(0, 5, node('maintenance'));
  expect(t.incidents()).toMatchObject([{ severity: 'info', node: 'pve1', condition: 'ha.node.maintenance' }]);
  t.watch(10, 30, node());
  expect(t.transitions()).toEqual(['opened']);
  t.watch(35, 40, node('online'));
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.close();
});
