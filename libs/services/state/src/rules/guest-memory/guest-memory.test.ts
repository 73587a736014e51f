import { tryRule } from '../../testing/try-rule.ts';
import { guestMemory } from './rule.ts';

const proxy = (used: number, change = {}) =>
  ({
    kind: 'guest',
    guestKind: 'lxc',
    vmid: 105,
    node: 'pve1',
    status: 'running',
    template: false,
    mem: used,
    maxmem: 100,
    ...change,
  }) as const;

it('is off until somebody wants it', () => {
  const t = tryRule(guestMemory);
  t.watch(0, 30, proxy(99));
  expect(t.transitions()).toEqual([]);
  t.close();
});

it('tells of a container, and never of a VM, whose number means something else', () => {
  const t = tryRule(guestMemory, { rules: { 'guest-memory': { enabled: true } } });
  t.watch(0, 15, proxy(93), proxy(100, { vmid: 104, guestKind: 'qemu' }));
  expect(t.incidents()).toMatchObject([{ key: 'atlas|guest/105|guest.memory.high', severity: 'notice' }]);
  t.watch(20, 30, proxy(88));
  t.watch(35, 40, proxy(60));
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.close();
});
