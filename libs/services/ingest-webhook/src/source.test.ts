import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { openWebhookSource, type WebhookSource } from './source.ts';

const limits = {
  headersMs: 300,
  requestMs: 600,
  checkMs: 50,
  connections: 100,
  connectionsPerAddress: 8,
};

let source: WebhookSource;
let cuts: string[];
let sockets: Socket[];

beforeEach(async () => {
  cuts = [];
  sockets = [];
  source = await openWebhookSource({
    host: '127.0.0.1',
    port: 0,
    admit: () => Promise.resolve(undefined),
    take: ({ body }) => Promise.resolve({ status: 202, body: { bytes: body.length } }),
    onBroken: ({ http_status }) => Promise.resolve({ status: http_status, body: {} }),
    onCut: (reason) => cuts.push(reason),
    limits,
  });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await source.close();
});

/** A connection that has sent this, and what it is told before it is closed. */
async function sending(bytes: string): Promise<{ socket: Socket; told: Promise<string> }> {
  const socket = connect(source.port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const told = new Promise<string>((resolve) => void socket.on('close', () => resolve(text)));
  await once(socket, 'connect');
  socket.write(bytes);
  return { socket, told };
}

const post = async () =>
  (await fetch(`http://127.0.0.1:${source.port}/hooks/generic/x`, { method: 'POST', body: 'x' })).status;

it.each([
  ['the headers', 'POST / HTTP/1.1\r\nHost: x\r\nX-Slow: '],
  ['the body', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nslow'],
])('ends a connection that dribbles %s, and serves others meanwhile', async (_, bytes) => {
  const { told } = await sending(bytes);
  expect(await post()).toBe(202);
  expect(await told).toMatch(/^HTTP\/1\.1 408 /);
  expect(cuts).toEqual(['timeout']);
});

it('ends what is no HTTP with 400', async () => {
  const { told } = await sending('\u0016\u0003\u0001 this is TLS, or nothing\r\n\r\n');
  expect(await told).toMatch(/^HTTP\/1\.1 400 /);
  expect(cuts).toEqual(['malformed']);
});

it('lets one address hold so many connections and no more', async () => {
  const held = await Promise.all(
    Array.from({ length: limits.connectionsPerAddress }, () => sending('POST / HTTP/1.1\r\n')),
  );
  const { told } = await sending('POST / HTTP/1.1\r\n');
  expect(await told).toBe('');
  expect(cuts).toEqual(['connections']);
  held[0]?.socket.destroy();
  await held[0]?.told;
  let status = 0;
  while (status !== 202) status = await post().catch(() => 0);
});
