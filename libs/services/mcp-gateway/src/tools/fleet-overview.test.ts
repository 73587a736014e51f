import { seedChannels } from '../testing/fleet.ts';
import { openToolBench, type ToolBench } from '../testing/tool-bench.ts';

let bench: ToolBench;
beforeAll(async () => {
  bench = await openToolBench();
});
afterAll(() => bench.close());

it('sums up each cluster from the live picture and names what is degraded with its fix', async () => {
  expect(await bench.ask('fleet_overview')).toEqual({
    as_of: expect.any(String),
    data: {
      clusters: [
        {
          cluster: 'edge',
          product: 'pve',
          health: 'ok',
          nodes: { online: 1, offline: 0, unknown: 0 },
          guests: { running: 1, stopped: 0, unknown: 0 },
          capacity: { cpu_percent: 25, mem_percent: 25 },
          versions: { unknown: 1 },
          observed_at: '2026-11-20T10:00:00.000Z',
        },
        {
          cluster: 'pbs1',
          product: 'pbs',
          health: 'ok',
          nodes: { online: 0, offline: 0, unknown: 0 },
          capacity: {},
          datastores: [{ datastore: 'tank', status: 'available', used_percent: 95 }],
          versions: {},
        },
        {
          cluster: 'prod',
          product: 'pve',
          health: 'critical',
          nodes: { online: 1, offline: 1, unknown: 0, down: ['pve2'] },
          guests: { running: 1, stopped: 1, unknown: 0 },
          capacity: { cpu_percent: 25, mem_percent: 25 },
          versions: { unknown: 2 },
          observed_at: '2026-11-20T10:00:00.000Z',
        },
      ],
      incidents: { unresolved: 1, by_severity: { error: 1 } },
      sources: { ok: 0, degraded: 1, down: 0 },
      channels: [],
    },
    warnings: [],
    degraded: [
      {
        where: 'lab',
        reason: 'privilege',
        detail: 'Sys.Audit on /nodes/pve2',
        fix: "pveum acl modify / --tokens 'root@pam!x' --roles PVEAuditor",
        since: '2026-11-20T10:00:00.000Z',
      },
    ],
  });
});

it('shows one cluster and the asked parts only', async () => {
  const { data } = await bench.ask('fleet_overview', { cluster: 'edge', include: ['health'] });
  expect(data).toMatchObject({ clusters: [{ cluster: 'edge' }], incidents: { unresolved: 0 } });
  expect(JSON.stringify(data)).not.toContain('capacity');
});

it('shows where notifications go, and what does not take them', async () => {
  await using own = await openToolBench({
    prepare: (bus) =>
      seedChannels(
        bus,
        { name: 'gotify', lastOkAt: '2026-11-20T09:00:00.000Z', lastFailureReason: 'timeout' },
        { name: 'discord', status: 'failing', lastFailureReason: 'http-500' },
        { name: 'ntfy', enabled: false, status: 'failing' },
      ),
  });
  expect(await own.ask('fleet_overview', { include: ['health'] })).toMatchObject({
    data: {
      channels: [
        { channel: 'discord', status: 'failing', reason: 'http-500' },
        { channel: 'gotify', status: 'ok', last_ok: '2026-11-20T09:00:00.000Z' },
      ],
    },
    degraded: [{ where: 'lab' }, { where: 'channel discord', reason: 'failing', detail: 'http-500' }],
  });
});

it('shows the maintenance windows that are open now', async () => {
  const windowOf = (id: string, more: object = {}) => ({
    id,
    match: { cluster: 'prod', node: 'pve1' },
    from: '2026-11-20T10:00:00.000Z',
    until: '2026-11-20T14:00:00.000Z',
    reason: 'new memory',
    by: 'alice',
    effect: 'mute',
    ...more,
  });
  await using own = await openToolBench({
    now: () => Date.parse('2026-11-20T12:00:00Z'),
    prepare: async (bus) => {
      const maintenance = await bus.kv('MAINTENANCE');
      for (const row of [
        windowOf('open'),
        windowOf('everywhere', { match: {}, until: '2026-11-20T13:00:00.000Z' }),
        windowOf('closed', { closedAt: '2026-11-20T11:00:00.000Z' }),
        windowOf('over', { until: '2026-11-20T11:00:00.000Z' }),
        windowOf('planned', { from: '2026-11-20T13:00:00.000Z' }),
      ]) {
        await maintenance.put(row.id, JSON.stringify(row));
      }
    },
  });
  expect(await own.ask('fleet_overview')).toMatchObject({
    data: {
      maintenance: [
        { id: 'everywhere', match: {} },
        {
          id: 'open',
          match: { node: 'pve1' },
          until: '2026-11-20T14:00:00.000Z',
          reason: { untrusted: true },
        },
      ],
    },
  });
  expect(await own.ask('fleet_overview', { cluster: 'edge' })).toMatchObject({
    data: { maintenance: [{ id: 'everywhere' }] },
  });
});
