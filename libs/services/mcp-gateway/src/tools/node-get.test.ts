import { openToolBench, type ToolBench } from '../testing/tool-bench.ts';

let bench: ToolBench;
beforeAll(async () => {
  bench = await openToolBench({
    answers: { '/nodes/pve2/services': [{ name: 'pveproxy', state: 'running' }] },
  });
});
afterAll(() => bench.close());

it('shows the node and, in part, what its host tells', async () => {
  expect(await bench.ask('node_get', { node: 'pve2', include: ['services', 'updates'] })).toMatchObject({
    data: {
      node: 'pve2',
      status: 'offline',
      guests: { running: 0, total: 0 },
      services: [{ name: 'pveproxy', state: 'running' }],
    },
    degraded: [
      { where: 'lab /nodes/pve2/apt/update', reason: 'privilege', detail: 'Sys.Modify on /nodes/pve2' },
      {},
    ],
  });
});

it('asks which one when two clusters have a node of the name', async () => {
  expect(await bench.call('node_get', { node: 'pve1' })).toMatchObject({
    ok: false,
    structured: { code: 'ambiguous', candidates: ['prod/pve1', 'edge/pve1'] },
  });
  expect(await bench.ask('node_get', { node: 'edge/pve1' })).toMatchObject({ data: { cluster: 'edge' } });
});

it('knows when there is none', async () => {
  expect(await bench.call('node_get', { node: '../../etc' })).toMatchObject({
    structured: { code: 'not_found' },
  });
});
