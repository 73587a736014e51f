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
  expect(await pipe.receive()).toMatchObject({ id: 1, error: { code: -32_603 } });
  pipe.stdin.end();
  await pipe.done;
  expect(pipe.errors.join()).not.toContain('wrong-token');
});
