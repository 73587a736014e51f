import { openToolBench, type ToolBench } from '../testing/tool-bench.ts';
import { incident } from '../testing/fleet.ts';

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
