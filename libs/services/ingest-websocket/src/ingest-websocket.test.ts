import { InventorySource, stateKeys } from '@proxmox-mcp/schemas';
import { createFakePve, type FakePve } from './testing/fake-pve.ts';
import { openService, type OpenService } from './testing/open-service.ts';

let pve: FakePve;
let s: OpenService;

/** Opens the service against a cluster that `prepare` has set up, and waits for its baseline. */
async function open(
  prepare: (pve: FakePve) => void = () => undefined,
  settings: Record<string, string> = {},
) {
  s = await openService((now) => {
    pve = createFakePve(now);
    prepare(pve);
    return pve;
  }, settings);
  await s.clock.advance(1_000);
}
afterEach(() => s.close());

describe('the first look', () => {
  it('makes no events, of whatever runs and ended before', async () => {
    await open((p) => {
      p.begin('vzdump', '');
      p.end(p.begin('qmstart', '101'), 'start failed');
      p.guest(101, 'pve1');
    });
    await s.clock.advance(30_000);
    expect(s.types()).toEqual([]);
    const [first] = s.observations;
    expect(first).toMatchObject({
      source: 'atlas',
      cluster: 'atlas',
      full: true,
      covers: ['node', 'guest', 'storage'],
    });
    expect(first?.rows).toHaveLength(4);
  });

  it('tells the others who the cluster is', async () => {
    await open();
    await s.clock.advance(5_000);
    const entry = await (await s.bus.bus.kv('STATE')).get(stateKeys.inventory('atlas'));
    expect(InventorySource.parse(JSON.parse(entry?.value ?? ''))).toMatchObject({
      id: 'atlas',
      cluster: 'atlas',
      timezone: 'Europe/Vienna',
      nodes: [{ name: 'pve1', nodeid: 1, address: '192.0.2.11' }, { name: 'pve2' }, { name: 'pve3' }],
      storages: [{ id: 'nas', type: 'nfs', server: '192.0.2.50' }],
    });
    expect(await s.sourceState()).toMatchObject({
      status: 'ok',
      cluster: 'atlas',
      version: '9.2.11',
      degraded: [],
    });
  });
});

describe('a task', () => {
  it('is told when it starts and within four seconds of its end', async () => {
    await open();
    const upid = pve.begin('qmstart', '101');
    await s.clock.until(() => s.types().includes('guest.start.started'), 4_000);
    await s.clock.advance(20_000);
    pve.end(upid);
    await s.clock.until(() => s.types().includes('guest.start.succeeded'), 4_000);
    await s.clock.advance(30_000);
    expect(s.types()).toEqual(['guest.start.started', 'guest.start.succeeded']);
    expect(s.events[1]).toMatchObject({
      channel: 'api',
      source: 'atlas',
      cluster: 'atlas',
      node: 'pve1',
      upid,
    });
    expect(s.events[1]?.facts['duration_s']).toBeGreaterThanOrEqual(20);
  });

  it('that failed is told again with what its log says', async () => {
    await open();
    const upid = pve.begin('vzdump', '');
    pve.logs.set(upid, [
      'INFO: starting new backup job: vzdump 104 --storage nas',
      'INFO: Starting Backup of VM 104 (qemu)',
      'ERROR: Backup of VM 104 failed - no space left on device',
      'TASK ERROR: job errors',
    ]);
    pve.end(upid, 'job errors');
    await s.clock.advance(15_000);
    expect(s.types()).toEqual(['backup.job.failed', 'backup.job.failed']);
    expect(s.events[1]).toMatchObject({
      upid,
      facts: { storage: 'nas', guests: [{ vmid: 104, status: 'err', error: 'no space left on device' }] },
    });
  });

  it('that backs up guests shows its progress, and not the same progress twice', async () => {
    await open(() => undefined, { WEBSOCKET_PROGRESS_SECONDS: '10' });
    const upid = pve.begin('vzdump', '');
    const log = ['INFO: Starting Backup of VM 101 (qemu)'];
    pve.logs.set(upid, log);
    log.push('INFO:  41% (13.2 GiB of 32.0 GiB) in 1m 36s, read: 126.0 MiB/s, write: 61.2 MiB/s');
    await s.clock.advance(60_000);
    expect(s.types()).toEqual(['backup.job.started', 'backup.guest.progress']);
    expect(s.events[1]).toMatchObject({ guest: { vmid: 101 }, facts: { percent: 41 } });
  });

  it('that vanishes from the list is asked for, and while nobody answers it counts as running', async () => {
    await open();
    const upid = pve.begin('qmigrate', '101', 'pve2');
    await s.clock.advance(5_000);
    pve.nodes.set('pve2', 'offline');
    await s.clock.advance(60_000);
    expect(s.types().filter((type) => type.startsWith('guest.migrate'))).toEqual(['guest.migrate.started']);
    pve.nodes.set('pve2', 'online');
    pve.end(upid, 'migration aborted');
    await s.clock.advance(150_000);
    expect(s.types().filter((type) => type === 'guest.migrate.failed')).not.toEqual([]);
  });

  it('that nobody knows any more ended without a result', async () => {
    await open();
    const upid = pve.begin('qmstart', '101');
    await s.clock.advance(5_000);
    pve.forget(upid);
    await s.clock.advance(30_000);
    expect(s.types()).toEqual(['guest.start.started', 'guest.start.unknown']);
  });

  it('of a burst that the list cannot show is found in the archive', async () => {
    await open();
    for (let i = 0; i < 60; i++) pve.end(pve.begin('qmstop', String(100 + i)));
    await s.clock.advance(30_000);
    expect(new Set(s.events.map((event) => event.guest?.vmid)).size).toBe(60);
    expect(s.events).toHaveLength(60);
  });
});

describe('a restart', () => {
  it('loses nothing that happened meanwhile and tells nothing twice', async () => {
    await open((p) => p.guest(101, 'pve1'));
    const before = pve.begin('qmstart', '101');
    const across = pve.begin('qmigrate', '102');
    await s.clock.advance(10_000);
    pve.end(before);
    await s.clock.advance(10_000);
    await s.stop();
    pve.end(across);
    for (let i = 0; i < 40; i++) pve.end(pve.begin('vzstop', String(200 + i)));
    pve.guest(101, 'pve1', { status: 'stopped' });
    await s.clock.advance(600_000);
    await s.start();
    await s.clock.advance(120_000);
    const told = s.events.map((event) => `${event.type} ${event.guest?.vmid}`);
    expect(told).toContain('guest.migrate.succeeded 102');
    expect(told).toContain('guest.state.stopped 101');
    expect(told.filter((text) => text.startsWith('guest.stop.succeeded'))).toHaveLength(40);
    // The migration's end is told by list and log: two reports, two ids.
    expect(new Set(s.events.map((event) => event.id)).size).toBe(s.events.length);
    expect(told.filter((text) => text === 'guest.start.succeeded 101')).toHaveLength(1);
  });
});

describe('a host', () => {
  it('that is away is down by name, is asked less often, and comes back by itself', async () => {
    await open();
    pve.failures.set('*', 'unreachable');
    await s.clock.advance(120_000);
    expect(await s.sourceState()).toMatchObject({
      status: 'down',
      degraded: [{ reason: 'unreachable', fix: expect.stringContaining('PVE_CLUSTER_PRIMARY_HOST') }],
    });
    const asked = pve.requests.length;
    await s.clock.advance(60_000);
    expect(pve.requests.length - asked).toBeLessThan(20);
    pve.failures.clear();
    await s.clock.advance(90_000);
    expect(await s.sourceState()).toMatchObject({ status: 'ok', degraded: [] });
  });

  it('with a missing privilege names it with the line that grants it, and is watched all the same', async () => {
    const command = "pveum acl modify / --tokens 'mcp@pve!mcp' --roles PVEAuditor";
    await open((p) => {
      p.missing = [{ detail: 'nodes', command }];
      p.failures.set('cluster-status', 'permission');
    });
    await s.clock.advance(30_000);
    const state = await s.sourceState();
    expect(state?.status).toBe('degraded');
    expect(state?.degraded).toContainEqual(expect.objectContaining({ reason: 'privilege', fix: command }));
    pve.begin('qmstart', '101');
    await s.clock.until(() => s.types().includes('guest.start.started'), 4_000);
  });

  it('that takes rights away is named at once, its rows are not taken for gone, and all ends when they are back', async () => {
    await open((p) => [101, 102].forEach((vmid) => p.guest(vmid, 'pve1')));
    await s.clock.advance(60_000);
    const command = "pveum acl modify / --tokens 'mcp@pve!mcp' --roles PVEAuditor";
    const guests = [...pve.guests];
    pve.guests.clear();
    pve.missing = [{ detail: 'guests', command }];
    await s.clock.advance(25_000);
    expect((await s.sourceState())?.degraded).toContainEqual(expect.objectContaining({ fix: command }));
    // So long that the short list is taken for the truth.
    await s.clock.advance(20 * 60_000);
    for (const [vmid, row] of guests) pve.guests.set(vmid, row);
    pve.missing = [];
    await s.clock.advance(45_000);
    expect(await s.sourceState()).toMatchObject({ status: 'ok', degraded: [] });
    expect(s.types()).toEqual([]);
  });

  it('that is left alone after failures keeps the reason they had', async () => {
    await open();
    pve.failures.set('*', 'proxy');
    await s.clock.advance(30_000);
    pve.failures.set('*', 'circuit-open');
    await s.clock.advance(60_000);
    expect((await s.sourceState())?.degraded).toMatchObject([{ reason: 'not-json' }]);
  });

  it('with a dead node is watched as fast as ever', async () => {
    await open((p) => {
      p.guest(101, 'pve3');
      p.begin('vzdump', '', 'pve3');
    });
    pve.nodes.set('pve3', 'offline');
    await s.clock.until(() => s.types().includes('node.state.offline'), 15_000);
    const upid = pve.begin('qmstart', '102', 'pve1');
    await s.clock.until(() => s.types().includes('guest.start.started'), 4_000);
    pve.end(upid);
    await s.clock.until(() => s.types().includes('guest.start.succeeded'), 4_000);
    expect((await s.sourceState())?.degraded).toContainEqual(
      expect.objectContaining({ reason: 'node-unreachable' }),
    );
  });

  it('with three nodes and a thousand guests is asked at most once a second on average, tasks running or not', async () => {
    await open((p) => {
      for (let i = 0; i < 1_000; i++) p.guest(100 + i, `pve${(i % 3) + 1}`);
    });
    const from = pve.requests.length;
    for (let i = 0; i < 12; i++) pve.begin('vzdump', '', `pve${(i % 3) + 1}`);
    await s.clock.advance(600_000);
    expect(pve.requests.length - from).toBeLessThanOrEqual(600);
    expect(pve.requests.filter(({ what }) => what === 'tasks').length).toBeGreaterThan(190);
    expect(s.types().filter((type) => type === 'backup.job.started')).toHaveLength(12);
  });
});

describe('resources', () => {
  it('that changed are told once, as event and as row', async () => {
    await open((p) => p.guest(101, 'pve1'));
    await s.clock.advance(15_000);
    s.observations.length = 0;
    pve.guest(101, 'pve2', { status: 'stopped' });
    await s.clock.advance(15_000);
    expect(s.types()).toEqual(['guest.node.changed', 'guest.state.stopped']);
    expect(s.observations).toEqual([
      expect.objectContaining({
        full: false,
        rows: [expect.objectContaining({ kind: 'guest', vmid: 101, node: 'pve2', status: 'stopped' })],
      }),
    ]);
  });

  it('whose numbers alone change make a message a minute and no event', async () => {
    await open((p) => p.guest(101, 'pve1'));
    s.observations.length = 0;
    await s.clock.advance(125_000);
    expect(s.types()).toEqual([]);
    expect(s.observations.filter(({ covers }) => covers.includes('guest')).length).toBeLessThanOrEqual(3);
  });

  it('lost from an answer are not taken for gone', async () => {
    await open((p) => {
      for (let i = 0; i < 10; i++) p.guest(100 + i, 'pve1');
    });
    const all = new Map(pve.guests);
    pve.guests.clear();
    await s.clock.advance(60_000);
    for (const [vmid, guest] of all) pve.guests.set(vmid, guest);
    await s.clock.advance(30_000);
    expect(s.types()).toEqual([]);
  });
});

it('loses quorum, and finds it again', async () => {
  await open();
  pve.quorate = false;
  await s.clock.advance(25_000);
  pve.quorate = true;
  await s.clock.advance(25_000);
  expect(s.types()).toEqual(['cluster.quorum.lost', 'cluster.quorum.regained']);
});
