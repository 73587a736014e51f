import { tryRule } from '../../testing/try-rule.ts';
import { guestCpu } from './rule.ts';

const db = (percent: number, change = {}) =>
  ({
    kind: 'guest',
    guestKind: 'qemu',
    vmid: 104,
    name: 'db01',
    node: 'pve1',
    status: 'running',
    template: false,
    cpu: percent / 100,
    maxcpu: 8,
    ...change,
  }) as const;

it('tells mildly of a guest that is busy for a quarter of an hour', () => {
  const t = tryRule(guestCpu);
  t.watch(0, 10, db(99));
  expect(t.transitions()).toEqual([]);
  t.see(15, db(99, { tags: ['prod'] }));
  expect(t.incidents()).toMatchObject([
    {
      key: 'atlas|guest/104|guest.cpu.high',
      severity: 'warning',
      title: 'Processors of VM 104 (db01) are busy',
      tags: ['prod'],
    },
  ]);
  t.watch(20, 30, db(87));
  expect(t.transitions()).toEqual(['opened']);
  t.watch(35, 40, db(50));
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.close();
});

it('says nothing of what does not run, and ends what it told with the guest', () => {
  const t = tryRule(guestCpu);
  t.watch(
    0,
    30,
    db(99, { status: 'stopped' }),
    db(99, { vmid: 900, template: true }),
    db(0, { vmid: 1, cpu: undefined }),
  );
  expect(t.transitions()).toEqual([]);
  t.watch(35, 50, db(99));
  t.lose(db(0));
  t.see(51);
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.close();
});
