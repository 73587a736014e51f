import { openToolBench, type ToolBench } from '../testing/tool-bench.ts';

let bench: ToolBench;
beforeAll(async () => {
  bench = await openToolBench();
});
afterAll(() => bench.close());

async function idsOf(args: unknown): Promise<unknown[]> {
  const { items } = await bench.ask('inventory_search', args);
  return (items as { id: string }[]).map((row) => row.id); // rows of inventory_search have an id
}

it.each([
  [{ kind: ['guest'] }, ['prod/106', 'edge/105', 'prod/105']],
  [{ kind: ['lxc'] }, ['edge/105']],
  [{ query: 'WEB' }, ['prod/105']],
  [{ tag: 'critical' }, ['prod/106']],
  [{ cluster: 'edge' }, ['edge/105', 'edge/pve1']],
  [{ product: 'pbs' }, ['pbs1/tank']],
  [{ kind: ['guest'], where: 'mem>=50 and status=running' }, ['edge/105', 'prod/105']],
  [{ kind: ['guest'], where: 'status!=running' }, ['prod/106']],
  [{ kind: ['guest'], sort: 'mem' }, ['edge/105', 'prod/105', 'prod/106']],
  [{ kind: ['node'], status: 'offline' }, ['prod/pve2']],
])('finds by %j', async (args, ids) => {
  expect(await idsOf(args)).toEqual(ids);
});

it('continues with the cursor until all were shown once', async () => {
  const seen: unknown[] = [];
  let cursor: unknown;
  do {
    const page = await bench.ask('inventory_search', {
      limit: 2,
      ...(cursor === undefined ? {} : { cursor }),
    });
    seen.push(...(page['items'] as { id: string }[]).map((row) => row.id));
    cursor = page['next_cursor'];
  } while (cursor !== undefined);
  expect(seen).toEqual(await idsOf({}));
  expect(new Set(seen).size).toBe(7);
});

it.each([
  [{ where: 'delete everything' }],
  [{ where: 'owner=me' }],
  [{ cursor: 'nonsense' }],
  [{ limit: 5_000 }],
])('refuses %j as invalid and says how to do it', async (args) => {
  expect(await bench.call('inventory_search', args)).toMatchObject({
    ok: false,
    structured: { code: 'invalid' },
  });
});
