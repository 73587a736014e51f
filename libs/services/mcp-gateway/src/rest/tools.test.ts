import { answerHistory, seedFleet } from '../testing/fleet.ts';
import { post } from '../testing/clients.ts';
import { startGateway, tableReader, type TestGateway } from '../testing/start-gateway.ts';

const TOKEN = 'test-token-of-the-gateway';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway(
    { GATEWAY_TOKEN: TOKEN },
    {
      createReader: () =>
        tableReader({ '/nodes/pve1/qemu/105/config': { description: 'z '.repeat(100_000), cores: 4 } }),
      prepare: async (bus) => {
        await seedFleet(bus);
        await answerHistory(bus);
      },
    },
  );
});
afterAll(() => gateway.close());

it('answers a tool’s structured content', async () => {
  const answer = await post(gateway.url, '/api/v1/tools/inventory_search', {
    token: TOKEN,
    body: { query: 'web' },
  });
  expect(answer).toMatchObject({ status: 200, body: { items: [{ id: 'prod/105' }], warnings: [] } });
});

it('takes a call without a body for one without arguments', async () => {
  expect((await post(gateway.url, '/api/v1/tools/fleet_overview', { token: TOKEN })).status).toBe(200);
});

it('keeps a huge document under 24 kB and says so', async () => {
  const { body } = await post(gateway.url, '/api/v1/tools/guest_get', {
    token: TOKEN,
    body: { guest: 'web', include: ['config'] },
  });
  expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThanOrEqual(24_000);
  expect(body).toMatchObject({ data: { config: { cores: 4 } } });
});

it.each([
  ['/api/v1/tools/guest_get', { guest: 'nobody' }, 404, 'not_found'],
  ['/api/v1/tools/guest_get', { guest: '105' }, 409, 'ambiguous'],
  ['/api/v1/tools/guest_get', {}, 400, 'invalid'],
  ['/api/v1/tools/guest_get', [1], 400, 'invalid'],
  ['/api/v1/tools/no_such_tool', {}, 404, 'not_found'],
  ['/api/v1/tools/notify_send', { title: 'x' }, 403, 'permission'],
])('POST %s %j fails with %i %s', async (path, body, status, code) => {
  expect(await post(gateway.url, path, { token: TOKEN, body })).toMatchObject({ status, body: { code } });
});

it('describes itself in OpenAPI: what the token may call, and nothing else', async () => {
  const response = await fetch(`${gateway.url}/openapi.json`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  const document = (await response.json()) as { paths: Record<string, unknown>; openapi: string };
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths)).toEqual([
    '/api/v1/tools/fleet_overview',
    '/api/v1/tools/inventory_search',
    '/api/v1/tools/guest_get',
    '/api/v1/tools/node_get',
    '/api/v1/tools/tasks_query',
    '/api/v1/tools/events_query',
    '/api/v1/tools/events_wait',
    '/api/v1/tools/incidents_query',
    '/api/v1/tools/notify_status',
    '/api/v1/events/stream',
    '/api/v1/events/{id}/raw',
    '/api/v1/raw',
    '/api/v1/dead-letters',
    '/api/v1/facts',
    '/api/v1/inventory',
    '/api/v1/maintenance',
    '/api/v1/silences',
    '/api/v1/silences/preview',
    '/api/v1/incidents/{id}/explain',
    '/api/v1/notifications/preview',
  ]);
  expect(document.paths['/api/v1/tools/guest_get']).toMatchObject({
    post: {
      operationId: 'guest_get',
      requestBody: { content: { 'application/json': { schema: { type: 'object', required: ['guest'] } } } },
    },
  });
});
