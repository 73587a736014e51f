import { join } from 'node:path';
import { createToken, revokeToken } from '../auth/tokens.ts';
import { post } from '../testing/clients.ts';
import { answerHistory, seedFleet } from '../testing/fleet.ts';
import { startGateway, type TestGateway } from '../testing/start-gateway.ts';

const TOKEN = 'short-static-token';
const MCP = { accept: 'application/json, text/event-stream' };

let gateway: TestGateway;
let made: string;
beforeEach(async () => {
  gateway = await startGateway(
    { GATEWAY_TOKEN: TOKEN },
    {
      sweepMs: 20,
      prepare: async (bus) => {
        await seedFleet(bus);
        await answerHistory(bus);
      },
    },
  );
  const file = join(gateway.dataDir, 'tokens.json');
  made = (await createToken(file, { name: 'made', scopes: ['read'] })).secret;
});
afterEach(() => gateway.close());

/** A request of the 2026 era. */
function modern(
  token: string,
  method: string,
  params: { uri?: string } & Record<string, unknown>,
  headers = {},
) {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return fetch(`${gateway.url}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(params.uri === undefined ? {} : { 'mcp-name': params.uri }),
      ...MCP,
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } }),
  });
}
const listen = (token: string, resourceSubscriptions: string[] = ['proxmox://fleet']) =>
  modern(token, 'subscriptions/listen', { notifications: { resourceSubscriptions } });

it('lets nobody lock out tokens that cannot be guessed, from the same address', async () => {
  const call = (token: string) => post(gateway.url, '/api/v1/tools/fleet_overview', { token, body: {} });
  for (let i = 0; i < 12; i++) await call(`guess-${i}`);
  expect((await call('guess-13')).status).toBe(429);
  expect((await call(made)).status).toBe(200);
  // One that a person chose could be the next guess.
  expect((await call(TOKEN)).status).toBe(429);
});

it('ends the subscriptions of a revoked token', async () => {
  const stream = await listen(made);
  expect(stream.status).toBe(200);
  await revokeToken(join(gateway.dataDir, 'tokens.json'), 'made');
  await expect(stream.text()).rejects.toThrow();
});

it('bounds the subscriptions of one principal', async () => {
  const streams = await Promise.all(Array.from({ length: 101 }, () => listen(made)));
  const statuses = streams.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(100);
  expect(statuses.filter((status) => status === 429)).toHaveLength(1);
  const other = await listen(TOKEN);
  expect(other.status).toBe(200);
  for (const { body } of [...streams, other]) await body?.cancel();
});

it.each([
  ['many addresses', Array.from({ length: 201 }, (_, i) => `proxmox://incidents/${i}`)],
  ['a long address', [`proxmox://${'x'.repeat(400)}`]],
])('refuses a stream with %s', async (_what, uris) => {
  const answer = await listen(made, uris);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { code: -32_600 } });
});

it.each([
  ['a batch of many', Array.from({ length: 21 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'ping' }))],
  [
    'a client with a long story',
    {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'x'.repeat(40_000), version: '1' },
      },
    },
  ],
])('refuses %s', async (_what, body) => {
  expect(await post(gateway.url, '/mcp', { token: made, body, headers: MCP })).toMatchObject({
    status: 400,
    body: { error: { code: -32_600 } },
  });
});

it('shows a principal only the resources of its toolsets', async () => {
  const only = { 'x-mcp-toolsets': 'core' };
  const listed = (await (await modern(made, 'resources/list', {}, only)).json()) as {
    result: { resources: { uri: string }[] };
  };
  expect(listed.result.resources.map(({ uri }) => uri)).toEqual(['proxmox://fleet']);
  const read = await modern(made, 'resources/read', { uri: 'proxmox://events/recent' }, only);
  expect(await read.json()).toMatchObject({ error: { code: -32_602 } });
});

it.each(['%', '%E0%A4%A', '..%2F..'])('knows no incident %s', async (id) => {
  const answer = await modern(made, 'resources/read', { uri: `proxmox://incidents/${id}` });
  expect(await answer.json()).toMatchObject({ error: { code: -32_602 } });
});
