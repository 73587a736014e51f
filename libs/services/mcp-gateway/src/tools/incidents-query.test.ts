import { openToolBench, type ToolBench } from '../testing/tool-bench.ts';
import { fact, incident } from '../testing/fleet.ts';
import { receipt, seedReceipts } from '../testing/people.ts';

let bench: ToolBench;
beforeAll(async () => {
  bench = await openToolBench({
    prepare: async (bus) => {
      await (
        await bus.kv('INCIDENTS')
      ).put('inc-0', JSON.stringify(incident('inc-0', { status: 'resolved' })));
    },
  });
});
afterAll(() => bench.close());

it('lists the unresolved ones with their causes', async () => {
  const { items } = await bench.ask('incidents_query');
  expect(items).toMatchObject([
    {
      id: 'inc-1',
      status: 'open',
      severity: 'error',
      guest: { vmid: 105 },
      cause: { untrusted: true, text: 'VM 105: no space left on device on storage tank' },
    },
  ]);
  expect(JSON.stringify(items)).not.toContain('timeline');
});

it('lists all with status any', async () => {
  const { items } = await bench.ask('incidents_query', { status: ['any'] });
  expect((items as { id: string }[]).map((row) => row.id).sort()).toEqual(['inc-0', 'inc-1']);
});

it('shows one with its timeline', async () => {
  expect(await bench.ask('incidents_query', { id: 'inc-1' })).toMatchObject({
    data: { id: 'inc-1', timeline: [{ what: 'opened' }] },
  });
});

it('answers why: rule, value and threshold, what hushes it, its relatives, and who was told', async () => {
  await using other = await openToolBench({
    prepare: async (bus) => {
      const incidents = await bus.kv('INCIDENTS');
      const put = (row: ReturnType<typeof incident>) => incidents.put(row.id, JSON.stringify(row));
      await put(
        incident('inc-2', { condition: 'node.state.offline', title: 'pve2 is offline', children: 1 }),
      );
      await put(
        incident('inc-3', {
          status: 'suppressed',
          parent: 'inc-2',
          tags: ['a b'],
          why: { rule: 'storage-usage', value: 91.5, threshold: 90, unit: '%', source: 'as told' },
          suppression: {
            reason: 'parent',
            by: 'inc-2',
            text: 'follows from pve2',
            since: '2026-11-20T10:00:00.000Z',
          },
        }),
      );
      await seedReceipts(bus, receipt('n1', { incidentId: 'inc-2' }), receipt('n2', { incidentId: 'inc-9' }));
    },
  });
  expect(await other.ask('incidents_query', { id: 'inc-3' })).toMatchObject({
    data: {
      why: { rule: 'storage-usage', value: 91.5, threshold: 90, unit: '%', source: { untrusted: true } },
      suppression: { reason: 'parent', by: 'inc-2', text: { untrusted: true, text: 'follows from pve2' } },
      parent_incident: { id: 'inc-2', title: 'pve2 is offline' },
      tags: ['a_b'],
      receipts: [],
    },
  });
  expect(await other.ask('incidents_query', { id: 'inc-2' })).toMatchObject({
    data: {
      child_incidents: [{ id: 'inc-3', status: 'suppressed' }],
      receipts: [{ id: 'n1', channel: 'gotify', status: 'sent' }],
    },
  });
  const listed = await other.ask('incidents_query', { status: ['suppressed'] });
  expect(listed).toMatchObject({ items: [{ id: 'inc-3', suppression: { reason: 'parent' } }] });
  expect(JSON.stringify(listed)).not.toMatch(/storage-usage|receipts/);
});

it('names the events behind one, which show what came in', async () => {
  await using other = await openToolBench({
    prepare: async (bus) => {
      const row = incident('inc-5', { facts: ['fact-1', 'fact-2'] });
      await (await bus.kv('INCIDENTS')).put('inc-5', JSON.stringify(row));
    },
  });
  other.history.facts.push(
    fact('UPID:1', { id: 'fact-1', members: ['e1'] }),
    fact('UPID:2', { id: 'fact-2', members: ['e2', 'e3'] }),
  );
  expect(await other.ask('incidents_query', { id: 'inc-5' })).toMatchObject({
    data: {
      evidence: [
        { fact: 'fact-2', type: 'backup.job.failed', events: ['e2', 'e3'] },
        { fact: 'fact-1', events: ['e1'] },
      ],
    },
  });
  expect(await other.ask('incidents_query', { id: 'inc-5', include: ['why'] })).not.toHaveProperty(
    'data.evidence',
  );
});

it('says since when one is flapping', async () => {
  const at = '2026-11-20T11:00:00.000Z';
  const timeline = [{ at, what: 'flapping', text: 'Came and went 6 times' }];
  const row = incident('inc-4', { status: 'flapping', timeline });
  await using other = await openToolBench({
    prepare: async (bus) => void (await (await bus.kv('INCIDENTS')).put('inc-4', JSON.stringify(row))),
  });
  expect(await other.ask('incidents_query', { status: ['flapping'] })).toMatchObject({
    items: [{ flapping: { since: at, text: { text: 'Came and went 6 times' } } }],
  });
});

it('asks the history by condition and by time, and knows both of the live picture too', async () => {
  await bench.ask('incidents_query', { condition: 'backup.*', until: '2026-11-20T10:30:00Z' });
  expect(bench.history.asked.incidents.at(-1)).toMatchObject({
    conditions: ['backup.*'],
    until: '2026-11-20T10:30:00.000Z',
  });
  await using alone = await openToolBench({ history: false });
  const found = async (args: object) =>
    ((await alone.ask('incidents_query', args))['items'] as unknown[]).length;
  expect(await found({ condition: 'backup.*' })).toBe(1);
  expect(await found({ condition: 'node.*' })).toBe(0);
  expect(await found({ until: '2026-11-20T09:00:00Z' })).toBe(0);
});

it('says when there is none of the id', async () => {
  expect(await bench.call('incidents_query', { id: 'nope' })).toMatchObject({
    structured: { code: 'not_found' },
  });
});

it('answers from the live picture, and says so, while the history does not answer', async () => {
  const alone = await openToolBench({ history: false });
  expect(await alone.ask('incidents_query')).toMatchObject({
    items: [{ id: 'inc-1' }],
    degraded: [{ where: 'state', reason: 'timeout' }],
  });
  expect(await alone.call('incidents_query', { status: ['resolved'] })).toMatchObject({
    structured: { code: 'upstream_down', retryable: true },
  });
  await alone.close();
});
