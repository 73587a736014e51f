import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { answerHistory, event, publishEvent, seedFleet } from '../testing/fleet.ts';
import { startGateway, type TestGateway } from '../testing/start-gateway.ts';
import { serveStdioBridge } from './bridge.ts';

const TOKEN = 'test-token-of-the-gateway';

let gateway: TestGateway;
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
});
afterAll(() => gateway.close());

/** A program at the other end of the pipes. */
function start(token = TOKEN) {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const errors: string[] = [];
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const done = serveStdioBridge({
    url: gateway.url,
    token,
    stdin,
    stdout,
    onError: (text) => errors.push(text),
  });
  return {
    errors,
    done,
    stdin,
    send: (message: unknown) =>
      void stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`),
    receive: async () => JSON.parse(String((await lines.next()).value)) as Record<string, unknown>,
  };
}

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'pipe', version: '1' } },
};

it('carries a session both ways, notifications too, and ends it when stdin ends', async () => {
  const pipe = start();
  pipe.send(INITIALIZE);
  expect(await pipe.receive()).toMatchObject({ id: 1, result: { serverInfo: { name: 'proxmox-mcp' } } });
  pipe.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  pipe.send({
    jsonrpc: '2.0',
    id: 2,
    method: 'tools/call',
    params: { name: 'fleet_overview', arguments: {} },
  });
  expect(await pipe.receive()).toMatchObject({ id: 2, result: { structuredContent: { data: {} } } });
  pipe.send({
    jsonrpc: '2.0',
    id: 3,
    method: 'resources/subscribe',
    params: { uri: 'proxmox://events/recent' },
  });
  expect(await pipe.receive()).toMatchObject({ id: 3, result: {} });
  await publishEvent(gateway.bus, event('e1'));
  expect(await pipe.receive()).toMatchObject({
    method: 'notifications/resources/updated',
    params: { uri: 'proxmox://events/recent' },
  });
  expect(gateway.details()).toMatchObject({ sessions: 1 });
  pipe.stdin.end();
  await pipe.done;
  expect(gateway.details()).toMatchObject({ sessions: 0 });
});

it('answers a line that is no message, and goes on', async () => {
  const pipe = start();
  pipe.send('what is this');
  expect(await pipe.receive()).toMatchObject({ error: { code: -32_700 }, id: null });
  pipe.send(INITIALIZE);
  expect(await pipe.receive()).toMatchObject({ id: 1, result: {} });
  pipe.stdin.end();
  await pipe.done;
});

it('answers the request with an error when the gateway refuses the token', async () => {
  const pipe = start('wrong-token');
  pipe.send(INITIALIZE);
  expect(await pipe.receive()).toMatchObject({
    id: 1,
    error: { message: expect.stringContaining('the bearer token is not known') },
  });
  pipe.stdin.end();
  await pipe.done;
  expect(pipe.errors.join()).not.toContain('wrong-token');
});

/** A request of the 2026 era carries what a session would know. */
function modern(id: number, method: string, params: Record<string, unknown> = {}) {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'pipe', version: '1' },
  };
  return { jsonrpc: '2.0', id, method, params: { ...params, _meta } };
}

it('carries requests of the 2026 era, each with its headers, in no session', async () => {
  const pipe = start();
  pipe.send(modern(1, 'server/discover'));
  expect(await pipe.receive()).toMatchObject({ id: 1, result: { supportedVersions: ['2026-07-28'] } });
  // The name is a header too, in words that a header does not take as they are.
  pipe.send(modern(2, 'resources/read', { uri: 'proxmox://incidents/nöne' }));
  expect(await pipe.receive()).toMatchObject({ id: 2, error: { code: -32_602 } });
  pipe.send(modern(3, 'tools/call', { name: 'fleet_overview', arguments: {} }));
  expect(await pipe.receive()).toMatchObject({ id: 3, result: { structuredContent: { data: {} } } });
  pipe.send(modern(4, 'no/such/method'));
  expect(await pipe.receive()).toMatchObject({ id: 4, error: { code: -32_601 } });
  expect(gateway.details()).toMatchObject({ sessions: 0 });
  pipe.stdin.end();
  await pipe.done;
});

it('answers what was asked before stdin ended', async () => {
  const pipe = start();
  pipe.send(
    modern(1, 'tools/call', { name: 'events_wait', arguments: { until: { event: {} }, timeout_s: 1 } }),
  );
  pipe.stdin.end();
  expect(await pipe.receive()).toMatchObject({
    id: 1,
    result: { structuredContent: { data: { matched: false } } },
  });
  await pipe.done;
});

it('cancels a request of the 2026 era by closing its stream, and answers it no more', async () => {
  const pipe = start();
  const wait = { name: 'events_wait', arguments: { until: { event: {} }, timeout_s: 100 } };
  pipe.send(modern(1, 'tools/call', wait));
  pipe.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
  pipe.send(modern(2, 'tools/call', { name: 'fleet_overview', arguments: {} }));
  expect(await pipe.receive()).toMatchObject({ id: 2 });
  pipe.stdin.end();
  // Would take 100 s if it still waited.
  await pipe.done;
  expect(pipe.errors).toEqual([]);
});

it('keeps a subscription of the 2026 era open until stdin ends', async () => {
  const pipe = start();
  const notifications = { resourceSubscriptions: ['proxmox://events/recent'] };
  pipe.send(modern(1, 'subscriptions/listen', { notifications }));
  expect(await pipe.receive()).toMatchObject({ method: 'notifications/subscriptions/acknowledged' });
  await publishEvent(gateway.bus, event('e2'));
  expect(await pipe.receive()).toMatchObject({
    method: 'notifications/resources/updated',
    params: { uri: 'proxmox://events/recent' },
  });
  pipe.stdin.end();
  await pipe.done;
});

it('refuses an id that is under way already', async () => {
  const pipe = start();
  const wait = { name: 'events_wait', arguments: { until: { event: {} }, timeout_s: 1 } };
  pipe.send(modern(7, 'tools/call', wait));
  pipe.send(modern(7, 'tools/call', wait));
  expect(await pipe.receive()).toMatchObject({ id: 7, error: { code: -32_603 } });
  pipe.stdin.end();
  await pipe.done;
});
