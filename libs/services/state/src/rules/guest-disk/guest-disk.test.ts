import { tryRule } from '../../testing/try-rule.ts';
import { guestDisk } from './rule.ts';

const proxy = (used: number, change = {}) =>
  ({
    kind: 'guest',
    guestKind: 'lxc',
    vmid: 105,
    name: 'proxy',
    node: 'pve1',
    status: 'running',
    template: false,
    disk: used,
    maxdisk: 100,
    ...change,
  }) as const;

it('tells of a container whose disk is nearly full until it has room again', () => {
  const t = tryRule(guestDisk);
  t.watch(0, 5, proxy(90));
  expect(t.incidents()).toMatchObject([
    { severity: 'warning', title: 'Root file system of CT 105 (proxy) is nearly full', why: { value: 90 } },
  ]);
  t.watch(10, 15, proxy(96));
  t.watch(20, 30, proxy(82));
  expect(t.transitions()).toEqual(['opened', 'updated']);
  t.watch(35, 40, proxy(50));
  expect(t.transitions()).toEqual(['opened', 'updated', 'resolved']);
  t.close();
});

it('says nothing of a VM, and of a container that does not run', () => {
  const t = tryRule(guestDisk);
  t.watch(0, 20, proxy(99, { guestKind: 'qemu' }), proxy(99, { vmid: 106, status: 'stopped' }));
  expect(t.transitions()).toEqual([]);
  t.close();
});
