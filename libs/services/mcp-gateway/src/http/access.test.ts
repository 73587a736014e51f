import { createToken, listTokens, revokeToken } from '../auth/tokens.ts';
import { answerHistory, seedFleet } from '../testing/fleet.ts';
import { connect, post } from '../testing/clients.ts';
import { startGateway, type TestGateway } from '../testing/start-gateway.ts';
import { join } from 'node:path';
import { request } from 'node:http';

const TOKEN = 'test-token-of-the-gateway';
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
};
const MCP = { accept: 'application/json, text/event-stream' };

let gateway: TestGateway;
let tokensFile: string;
let alice: string;
let bob: string;

beforeAll(async () => {
  gateway = await startGateway(
    { GATEWAY_TOKEN: TOKEN },
    {
      prepare: async (bus) => {
        await seedFleet(bus);
        await answerHistory(bus);
      },
    },
  );
  tokensFile = join(gateway.dataDir, 'tokens.json');
  // Made while the gateway runs: it must know them without a restart.
  alice = (await createToken(tokensFile, { name: 'alice', scopes: ['read', 'operate'] })).secret;
  bob = (await createToken(tokensFile, { name: 'bob', scopes: ['read'] })).secret;
});
afterAll(() => gateway.close());

describe('bearer tokens', () => {
  it.each([
    ['/mcp', undefined],
    ['/mcp', 'wrong-token'],
    ['/api/v1/tools/fleet_overview', undefined],
    ['/api/v1/tools/fleet_overview', `pmx_000000000000_${'A'.repeat(43)}`],
    ['/openapi.json', undefined],
  ])('are wanted on %s (given: %s)', async (path, token) => {
    const answer = await post(gateway.url, path, {
      body: INITIALIZE,
      ...(token === undefined ? {} : { token }),
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(JSON.stringify(answer.body)).toContain('GATEWAY_TOKEN');
    expect(path === '/mcp').toBe('jsonrpc' in answer.body);
  });

  it('are not wanted on /healthz', async () => {
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  });

  it('decide what is listed: tier operate adds three tools', async () => {
    const { client } = await connect(gateway.url, alice);
    const names = (await client.listTools()).tools.map((tool) => tool.name);
    expect(names).toHaveLength(12);
    expect(names).toEqual(expect.arrayContaining(['incident_update', 'maintenance_set', 'notify_send']));
    await client.close();
  });

  it('can be narrowed by headers, never widened', async () => {
    const names = async (token: string, headers: Record<string, string>) => {
      const response = await fetch(`${gateway.url}/api/v1/tools`, {
        headers: { authorization: `Bearer ${token}`, ...headers },
      });
      const { items } = (await response.json()) as { items: { name: string }[] };
      return items.map((tool) => tool.name);
    };
    expect(await names(alice, { 'x-mcp-readonly': 'true' })).not.toContain('notify_send');
    expect(await names(alice, { 'x-mcp-toolsets': 'notify' })).toEqual(['notify_status', 'notify_send']);
    expect(await names(bob, { 'x-mcp-readonly': 'false', 'x-mcp-toolsets': 'notify,core' })).toEqual([
      'fleet_overview',
      'inventory_search',
      'guest_get',
      'node_get',
      'notify_status',
    ]);
  });

  it('refuse what the tier does not allow, although the name is known', async () => {
    const answer = await post(gateway.url, '/api/v1/tools/incident_update', {
      token: bob,
      body: { id: 'inc-1', op: 'acknowledge' },
    });
    expect(answer).toMatchObject({ status: 403, body: { code: 'permission' } });
  });

  it('stop working at the next request after they were revoked', async () => {
    const { secret } = await createToken(tokensFile, { name: 'eve', scopes: ['read'] });
    const call = () => post(gateway.url, '/api/v1/tools/fleet_overview', { token: secret });
    expect((await call()).status).toBe(200);
    expect(await revokeToken(tokensFile, 'eve')).toBe(true);
    expect((await call()).status).toBe(401);
    expect((await listTokens(tokensFile)).map((token) => token.name)).toEqual(['alice', 'bob']);
  });

  it('never reach the log', () => {
    const text = JSON.stringify(gateway.logged);
    for (const secret of [TOKEN, alice, bob]) expect(text).not.toContain(secret);
  });
});

describe('sessions', () => {
  async function initialize(token: string): Promise<string> {
    const answer = await fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...MCP },
      body: JSON.stringify(INITIALIZE),
    });
    await answer.text();
    return answer.headers.get('mcp-session-id') ?? '';
  }

  const list = (token: string, session: string) =>
    fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        'mcp-session-id': session,
        'mcp-protocol-version': '2025-11-25',
        ...MCP,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' }),
    });
  const end = (token: string, session: string) =>
    fetch(`${gateway.url}/mcp`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}`, 'mcp-session-id': session },
    });

  it('do not exist for another principal: 404 for requests, streams and DELETE', async () => {
    const session = await initialize(alice);
    expect((await list(bob, session)).status).toBe(404);
    expect((await end(bob, session)).status).toBe(404);
    const stream = await fetch(`${gateway.url}/mcp`, {
      headers: { accept: 'text/event-stream', authorization: `Bearer ${bob}`, 'mcp-session-id': session },
    });
    expect(stream.status).toBe(404);
    expect(await stream.json()).toMatchObject({ jsonrpc: '2.0', error: { code: -32_001 } });
    expect((await list(alice, session)).status).toBe(200);
  });

  it('end by DELETE of their owner and are 404 from then on, so that clients initialize again', async () => {
    const session = await initialize(alice);
    expect((await end(alice, session)).status).toBe(200);
    expect((await list(alice, session)).status).toBe(404);
  });

  it('are required by requests of the 2025 era', async () => {
    const answer = await post(gateway.url, '/mcp', {
      token: alice,
      headers: MCP,
      body: { jsonrpc: '2.0', id: 2, method: 'tools/list' },
    });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: -32_000 } } });
  });
});

describe('Host and Origin', () => {
  /** fetch refuses to set Host. */
  function statusWith(headers: Record<string, string>): Promise<number | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const call = request(`${gateway.url}/healthz`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on('error', reject);
    call.end();
    return promise;
  }

  it.each([
    [{ host: 'evil.example' }, 403],
    [{ host: 'localhost' }, 200],
    [{ host: '127.0.0.1:9' }, 200],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://localhost:3000' }, 200],
  ])('%j is answered %i', async (headers, status) => {
    expect(await statusWith(headers)).toBe(status);
  });

  it('name the setting to change, and are counted', async () => {
    const before = gateway.count('gateway_refused_total', { reason: 'origin' });
    const answer = await post(gateway.url, '/mcp', {
      token: TOKEN,
      body: INITIALIZE,
      headers: { origin: 'https://evil.example' },
    });
    expect(answer.status).toBe(403);
    expect(JSON.stringify(answer.body)).toContain('GATEWAY_ALLOWED_HOSTS');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(gateway.count('gateway_refused_total', { reason: 'origin' })).toBe(before + 1);
  });
});

describe('bad requests', () => {
  it.each([
    ['not JSON', '{"jsonrpc":', 400, -32_700],
    ['an empty body', '', 400, -32_700],
    ['a body over 1 MiB', JSON.stringify({ pad: 'x'.repeat(1 << 20) }), 413, -32_600],
  ])('%s is answered as JSON-RPC on /mcp', async (_name, body, status, code) => {
    const answer = await post(gateway.url, '/mcp', { token: TOKEN, body, headers: MCP });
    expect(answer).toMatchObject({ status, body: { jsonrpc: '2.0', error: { code }, id: null } });
  });

  it('another content type is answered as JSON-RPC on /mcp', async () => {
    const answer = await post(gateway.url, '/mcp', {
      token: TOKEN,
      body: 'x',
      headers: { 'content-type': 'text/plain' },
    });
    expect(answer).toMatchObject({ status: 415, body: { error: { code: -32_600 } } });
  });

  it('an unknown path says where things are', async () => {
    expect(await post(gateway.url, '/nope', { token: TOKEN, body: {} })).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
  });
});

it('lets one token make only so many requests', async () => {
  await using limited = await startGateway({ GATEWAY_TOKEN: TOKEN, GATEWAY_RATE_LIMIT: 1 });
  const statuses: number[] = [];
  for (let i = 0; i < 8; i++) {
    statuses.push((await post(limited.url, '/api/v1/tools/fleet_overview', { token: TOKEN })).status);
  }
  expect(statuses.slice(0, 5)).toEqual([200, 200, 200, 200, 200]);
  expect(statuses).toContain(429);
});

it('stops asking for wrong tokens after a few from one address', async () => {
  await using guarded = await startGateway({ GATEWAY_TOKEN: TOKEN });
  const statuses: number[] = [];
  for (let i = 0; i < 12; i++)
    statuses.push((await post(guarded.url, '/mcp', { token: `guess-${i}`, body: {} })).status);
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
  expect(statuses.at(-1)).toBe(429);
});
