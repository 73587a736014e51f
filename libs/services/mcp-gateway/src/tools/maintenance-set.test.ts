import type { MaintenanceCommand } from '@proxmox-mcp/schemas';
import { answerPeople } from '../testing/people.ts';
import { openToolBench, type ToolBench } from '../testing/tool-bench.ts';

let bench: ToolBench;
let asked: readonly MaintenanceCommand[];
beforeEach(async () => {
  bench = await openToolBench({
    now: () => Date.parse('2026-11-20T12:00:00Z'),
    prepare: async (bus) => {
      asked = (await answerPeople(bus)).maintenance;
    },
  });
});
afterEach(() => bench.close());

it('opens a window for a node and says what it covers now', async () => {
  const answer = await bench.ask('maintenance_set', {
    op: 'open',
    cluster: 'prod',
    node: 'pve1',
    duration: '2h',
    reason: 'new memory',
  });
  expect(asked).toEqual([
    {
      op: 'open',
      by: 'alice',
      match: { cluster: 'prod', node: 'pve1' },
      until: '2026-11-20T14:00:00.000Z',
      reason: 'new memory',
    },
  ]);
  expect(answer).toMatchObject({
    data: {
      window: { id: 'mw-1', reason: { untrusted: true, text: 'new memory' } },
      covers: { nodes: 1, guests: 2, storages: 0 },
      windows: [{ id: 'mw-1' }],
    },
    warnings: [],
  });
});

it('counts a duration from the beginning, where that is later', async () => {
  const args = { op: 'open', tag: 'critical', from: '1d', duration: '90m', reason: 'x', effect: 'annotate' };
  await bench.ask('maintenance_set', args);
  expect(asked).toMatchObject([
    {
      match: { tag: 'critical' },
      from: '2026-11-21T12:00:00.000Z',
      until: '2026-11-21T13:30:00.000Z',
      effect: 'annotate',
    },
  ]);
});

it('means the same end when it is tried again a moment later', async () => {
  let now = Date.parse('2026-11-20T12:00:10Z');
  await using own = await openToolBench({
    now: () => now,
    prepare: async (bus) => {
      asked = (await answerPeople(bus)).maintenance;
    },
  });
  const args = { op: 'open', node: 'pve1', duration: '2h', reason: 'x' };
  await own.ask('maintenance_set', args);
  now += 5_000;
  await own.ask('maintenance_set', args);
  expect(asked.map(({ until }) => until)).toEqual(['2026-11-20T14:01:00.000Z', '2026-11-20T14:01:00.000Z']);
  await own.ask('maintenance_set', { ...args, duration: undefined, until: '2026-11-20T14:00:30Z' });
  expect(asked.at(-1)?.until).toBe('2026-11-20T14:00:30.000Z');
});

it('counts until from now on, whenever the window begins', async () => {
  await bench.ask('maintenance_set', { op: 'open', tag: 'critical', from: '1h', until: '3h', reason: 'x' });
  expect(asked).toMatchObject([{ from: '2026-11-20T13:00:00.000Z', until: '2026-11-20T15:00:00.000Z' }]);
});

it('finds the guest, and says when two answer to the name', async () => {
  const args = { op: 'open', duration: '1h', reason: 'x' };
  await bench.ask('maintenance_set', { ...args, guest: 'web' });
  expect(asked).toMatchObject([{ match: { cluster: 'prod', guest: 105 } }]);
  expect(await bench.call('maintenance_set', { ...args, guest: '105' })).toMatchObject({
    ok: false,
    structured: { code: 'ambiguous', candidates: ['edge/105', 'prod/105'] },
  });
});

it('covers everything only when told so', async () => {
  const args = { op: 'open', duration: '1h', reason: 'x' };
  expect(await bench.call('maintenance_set', args)).toMatchObject({
    structured: { code: 'invalid', hint: expect.stringContaining('"*"') },
  });
  expect(await bench.ask('maintenance_set', { ...args, cluster: '*' })).toMatchObject({
    data: { covers: { nodes: 3, guests: 3, storages: 1 } },
  });
  expect(asked).toMatchObject([{ match: {} }]);
});

it('warns of a name that nothing has', async () => {
  expect(
    await bench.ask('maintenance_set', { op: 'open', node: 'pve9', duration: '1h', reason: 'x' }),
  ).toMatchObject({ warnings: [expect.stringContaining('check the names')] });
});

it('extends, lists and closes', async () => {
  await bench.ask('maintenance_set', {
    op: 'open',
    datastore: 'tank',
    until: '2026-11-20T13:00:00Z',
    reason: 'x',
  });
  expect(await bench.ask('maintenance_set', { op: 'extend', id: 'mw-1', duration: '4h' })).toMatchObject({
    data: {
      window: { match: { storage: 'tank' }, until: '2026-11-20T16:00:00.000Z' },
      covers: { storages: 1 },
    },
  });
  expect(await bench.ask('maintenance_set', { op: 'list' })).toMatchObject({
    data: { windows: [{ id: 'mw-1' }] },
  });
  expect(await bench.ask('maintenance_set', { op: 'close', id: 'mw-1' })).toMatchObject({
    data: { window: { closedAt: expect.any(String) }, windows: [] },
  });
});

it.each([
  [{ op: 'open', node: 'pve1', duration: '1h' }, 'invalid'],
  [{ op: 'open', node: 'pve1', reason: 'x' }, 'invalid'],
  [{ op: 'open', node: 'pve1', reason: 'x', duration: '1h', until: '2h' }, 'invalid'],
  [{ op: 'open', node: 'pve1', reason: 'x', duration: 'soon' }, 'invalid'],
  [{ op: 'open', node: 'pve1', reason: 'x', until: '2026-11-20T11:00:00Z' }, 'invalid'],
  [{ op: 'extend', id: 'mw-1' }, 'invalid'],
  [{ op: 'close' }, 'invalid'],
  [{ op: 'close', id: 'none' }, 'not_found'],
])('refuses %j with code %s', async (args, code) => {
  expect(await bench.call('maintenance_set', args)).toMatchObject({ ok: false, structured: { code } });
});

it('names the service that does not answer', async () => {
  await using alone = await openToolBench();
  expect(await alone.call('maintenance_set', { op: 'list' })).toMatchObject({
    structured: { code: 'upstream_down', message: expect.stringContaining('state'), retryable: true },
  });
});
