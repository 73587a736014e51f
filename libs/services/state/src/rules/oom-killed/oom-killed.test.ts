import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { oomKilled } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const guest = { kind: 'qemu' as const, vmid: 104 };

it('is one incident of a VM, told by kernel and systemd, over when it runs again', () => {
  t = tryRule(oomKilled);
  t.hear(
    sampleEvent({
      type: 'guest.oom.killed',
      channel: 'syslog',
      node: 'pve1',
      guest,
      second: 0,
      facts: { pid: 7, process: 'kvm', global_oom: true },
    }),
    sampleEvent({
      type: 'guest.oom.killed',
      channel: 'syslog',
      node: 'pve1',
      guest,
      second: 1,
      facts: { unit: '104.scope' },
    }),
  );
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|guest/104|guest.oom.killed', severity: 'critical', cause: 'the node had no memory left' },
  ]);
  t.hear(sampleEvent({ type: 'guest.state.running', node: 'pve1', guest, second: 100 }));
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  expect(t.transitions().filter((word) => word === 'opened')).toHaveLength(1);
});

it('is one warning a day of a container that loses processes to its own limit', () => {
  t = tryRule(oomKilled);
  const kill = (second: number) =>
    sampleEvent({
      type: 'guest.oom.process_killed',
      channel: 'syslog',
      node: 'pve1',
      guest: { kind: 'lxc', vmid: 110 },
      second,
      facts: { pid: second, process: 'node', global_oom: false },
    });
  t.hear(kill(0), kill(3_600), kill(7_200));
  expect(t.incidents()).toMatchObject([
    { severity: 'warning', cause: 'the guest reached the limit of its memory' },
  ]);
  t.wait(7_200 + 86_401);
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'expired' }]);
});
