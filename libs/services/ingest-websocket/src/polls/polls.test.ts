import { createFakePve, type FakePve } from '../testing/fake-pve.ts';
import { openService, type OpenService } from '../testing/open-service.ts';

let pve: FakePve;
let s: OpenService;

const MINUTES = 60_000;
const DISK = { devpath: '/dev/sda', serial: 'ZC1', model: 'ST4000', health: 'PASSED' };
const FAILED = { ...DISK, health: 'FAILED!' };
const GRANT = "pveum acl modify / --tokens 'mcp@pve!mcp' --roles PVEAuditor";

async function open(
  prepare: (pve: FakePve) => void = () => undefined,
  settings: Record<string, string> = {},
) {
  s = await openService(
    (now) => {
      pve = createFakePve(now);
      pve.answers.set('disks', [DISK]);
      prepare(pve);
      return pve;
    },
    { WEBSOCKET_DISKS_SECONDS: '300', ...settings },
  );
  // Every machine has been looked at once.
  await s.clock.until(() => asked('disks') >= 3 && asked('not-backed-up') >= 1, 5 * MINUTES);
}
const asked = (what: string) => pve.requests.filter((request) => request.what === what).length;
const told = () => s.events.map(({ type, node }) => `${type} ${node ?? ''}`.trim());
const degraded = async () => (await s.sourceState())?.degraded ?? [];
afterEach(() => s.close());

it('a failed disk is told of when it is first seen, a guest without backup is not; what goes wrong later is told, also over a restart', async () => {
  await open((p) => {
    p.answers.set('disks pve2', [FAILED]);
    p.answers.set('not-backed-up', [{ vmid: 101, type: 'qemu', name: 'web01' }]);
  });
  await s.clock.advance(10 * MINUTES);
  expect(told()).toEqual(['disk.smart.failed pve2']);
  pve.answers.set('disks pve1', [FAILED]);
  await s.stop();
  await s.clock.advance(10 * MINUTES);
  await s.start();
  await s.clock.until(() => told().length > 1, 5 * MINUTES);
  await s.clock.advance(10 * MINUTES);
  await s.stop();
  await s.start();
  await s.clock.advance(10 * MINUTES);
  expect(told()).toEqual(['disk.smart.failed pve2', 'disk.smart.failed pve1']);
  expect(s.events[1]).toMatchObject({
    cluster: 'atlas',
    severity: 'critical',
    facts: { device: '/dev/sda', serial: 'ZC1', fail_type: 'Health' },
  });
});

it('an endpoint that hangs holds up neither tasks nor the polls of other nodes, nor other polls for long', async () => {
  await open((p) => p.begin('vzdump', '', 'pve2'));
  pve.hanging.add('disks pve1');
  await s.clock.until(() => asked('disks') >= 4, 10 * MINUTES);
  pve.answers.set('disks pve3', [FAILED]);
  pve.answers.set('ceph', { fsid: 'f', health: { checks: {} } });
  const upid = pve.begin('qmstart', '101', 'pve1');
  await s.clock.until(() => told().includes('guest.start.started pve1'), 4_000);
  pve.end(upid);
  await s.clock.until(() => told().includes('guest.start.succeeded pve1'), 4_000);
  await s.clock.until(() => told().includes('disk.smart.failed pve3'), 10 * MINUTES);
  expect((await s.sourceState())?.status).toBe('ok');
});

it('an endpoint that takes too long is named, and no longer when it answers', async () => {
  await open();
  pve.failures.set('disks pve1', 'timeout');
  await s.clock.until(() => asked('disks') >= 6, 10 * MINUTES);
  await s.clock.advance(5_000);
  expect(await degraded()).toEqual([
    expect.objectContaining({ reason: 'timeout', detail: expect.stringContaining('disks of pve1') }),
  ]);
  pve.failures.clear();
  await s.clock.advance(5 * MINUTES);
  expect(await degraded()).toEqual([]);
});

it('a dead node keeps what is known of it, and the others are asked as ever', async () => {
  await open();
  pve.nodes.set('pve1', 'offline');
  const before = asked('disks');
  await s.clock.advance(10 * MINUTES);
  expect(asked('disks') - before).toBeGreaterThanOrEqual(4);
  pve.answers.set('disks pve1', [FAILED]);
  pve.nodes.set('pve1', 'online');
  await s.clock.until(() => told().includes('disk.smart.failed pve1'), 10 * MINUTES);
});

describe('a privilege that is missing', () => {
  it('is named once for all nodes, with the line that grants it; the other polls go on', async () => {
    await open((p) => p.failures.set('disks', 'permission'));
    pve.answers.set('services pve2', [{ service: 'pvestatd', activeState: 'failed' }]);
    await s.clock.advance(10 * MINUTES);
    expect(await degraded()).toEqual([
      expect.objectContaining({
        reason: 'privilege',
        detail: expect.stringMatching(/^Sys.Audit on \/ is missing: disks/),
        fix: GRANT,
      }),
    ]);
    expect(told()).toContain('node.service.failed pve2');
  });

  it('that the access check has named already is not named again', async () => {
    await open((p) => {
      p.missing = [{ detail: 'nodes', command: GRANT }];
      for (const what of ['disks', 'zfs', 'services', 'ceph']) p.failures.set(what, 'permission');
    });
    await s.clock.advance(10 * MINUTES);
    expect(await degraded()).toHaveLength(1);
    pve.missing = [];
    pve.granted = ['watch-nodes'];
    pve.failures.clear();
    const before = asked('services');
    // The access check finds it within a minute; nobody waits for the end of a period.
    await s.clock.until(() => asked('services') >= before + 3, 2 * MINUTES);
    await s.clock.advance(5_000);
    expect(await degraded()).toEqual([]);
  });

  it('of updates is no trouble: they are not asked for until it is granted', async () => {
    await open();
    await s.clock.advance(60 * MINUTES);
    expect(asked('updates')).toBe(0);
    expect(await degraded()).toEqual([]);
    pve.granted = ['read-updates'];
    await s.clock.until(() => asked('updates') >= 3, 20 * MINUTES);
  });
});

it('what is not installed is silent; what was there and is refused now is named', async () => {
  await open((p) => p.failures.set('ceph', 'error'));
  await s.clock.advance(120 * MINUTES);
  expect(asked('ceph')).toBeLessThanOrEqual(5);
  expect(await degraded()).toEqual([]);
  pve.failures.clear();
  pve.answers.set('ceph', { fsid: 'f', health: { checks: {} } });
  await s.clock.advance(40 * MINUTES);
  pve.failures.set('ceph', 'error');
  await s.clock.advance(10 * MINUTES);
  expect(await degraded()).toEqual([expect.objectContaining({ reason: 'refused' })]);
});

it('a service in error is told once, though two polls see it', async () => {
  const ha = (state: string) => [
    { type: 'quorum', node: 'pve1', quorate: true },
    { type: 'service', sid: 'vm:101', node: 'pve1', crmState: state },
  ];
  await open((p) => {
    p.guest(101, 'pve1', { hastate: 'started' });
    p.answers.set('ha-status', ha('started'));
  });
  pve.guest(101, 'pve1', { hastate: 'error' });
  pve.answers.set('ha-status', ha('error'));
  await s.clock.advance(2 * MINUTES);
  expect(told()).toEqual(['ha.service.error pve1']);
});

it('a poll whose period is 0 is never asked', async () => {
  await open(() => undefined, { WEBSOCKET_ZFS_SECONDS: '0' });
  await s.clock.advance(30 * MINUTES);
  expect(asked('zfs')).toBe(0);
  expect(asked('subscription')).toBe(0);
});

it('all of them together stay under a request a second on a busy cluster of a thousand guests', async () => {
  await open(
    (p) => {
      for (let i = 0; i < 1_000; i++) p.guest(100 + i, `pve${(i % 3) + 1}`);
      p.granted = ['read-updates'];
      p.answers.set(
        'zfs',
        Array.from({ length: 4 }, (_, i) => ({ name: `tank${i}`, health: 'ONLINE' })),
      );
    },
    { WEBSOCKET_SUBSCRIPTION_SECONDS: '3600' },
  );
  for (let i = 0; i < 12; i++) pve.begin('vzdump', '', `pve${(i % 3) + 1}`);
  const from = pve.requests.length;
  await s.clock.advance(60 * MINUTES);
  expect(pve.requests.length - from).toBeLessThanOrEqual(3_600);
  // None of them starves beside twelve running tasks, nor do the lists.
  expect(asked('disks')).toBeGreaterThanOrEqual(3 * 8);
  for (const what of ['services', 'certificates', 'updates', 'subscription', 'zfs tank3'])
    expect(asked(what)).toBeGreaterThanOrEqual(3);
  expect(asked('tasks')).toBeGreaterThan(1_150);
});

it('adds to the row of a node what only the node itself tells, with one request a look, and forgets it when it is old', async () => {
  const sample = { time: 1_000, iowait: 0.02, memtotal: 64, arcsize: 8, pressurememorysome: 1.5 };
  await open((p) => p.answers.set('samples', [sample, { time: 1_060 }]));
  const row = () =>
    s.observations
      .flatMap(({ rows }) => rows)
      .filter((one) => one.kind === 'node' && one.node === 'pve1')
      .at(-1);
  await s.clock.until(() => row()?.kind === 'node' && 'version' in (row() ?? {}), 5 * MINUTES);
  expect(row()).toMatchObject({ iowait: 0.02, arcsize: 8, pressurememorysome: 1.5, version: '9.2.11' });
  expect(row()).not.toHaveProperty('time');
  const before = { samples: asked('samples'), versions: asked('version') };
  await s.clock.advance(10 * MINUTES);
  expect(asked('samples') - before.samples).toBeLessThanOrEqual(33);
  expect(asked('version')).toBe(before.versions);
  pve.answers.set('samples', []);
  await s.clock.advance(10 * MINUTES);
  expect(row()).not.toHaveProperty('iowait');
  expect(told()).toEqual([]);
});
