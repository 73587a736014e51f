import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createConnections, type Connections, type ConnectionsOptions } from './connections.ts';
import type { Received } from './intake.ts';
import { openTcpSource, type StreamSource } from './source-tcp.ts';

let connections: Connections;
let source: StreamSource;
let heard: Received[];
let closed: string[];
let now: number;
let crowded: boolean;
const senders: Socket[] = [];

async function open(more: Partial<ConnectionsOptions> = {}): Promise<void> {
  heard = [];
  closed = [];
  now = 0;
  crowded = false;
  connections = createConnections({
    now: () => now,
    onMessage: (_, message) => heard.push(message),
    onClosed: (reason) => closed.push(reason),
    isCrowded: () => crowded,
    ...more,
  });
  const onError = (err: Error) => {
    throw err;
  };
  source = await openTcpSource({ host: '127.0.0.1', port: 0, connections, onError });
}

afterEach(async () => {
  for (const sender of senders.splice(0)) sender.destroy();
  await Promise.all([source.close(), connections.close()]);
});

async function dial(): Promise<Socket> {
  const known = connections.size;
  const sender = connect(source.port, '127.0.0.1');
  sender.on('error', () => undefined).resume();
  senders.push(sender);
  await once(sender, 'connect');
  await until(() => connections.size > known || closed.length > 0);
  return sender;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

const texts = () => heard.map(({ bytes }) => bytes.toString());

it('gives the place of a sender that never spoke to a new one, and none of a sender that did', async () => {
  await open({ maxConnections: 2 });
  const silent = await dial();
  const speaking = await dial();
  speaking.write('<1>a\n');
  await until(() => heard.length === 1);
  const ended = once(silent, 'close');
  const third = await dial();
  await ended;
  third.write('<1>b\n');
  await until(() => heard.length === 2);
  const fourth = connect(source.port, '127.0.0.1').on('error', () => undefined);
  await once(fourth.resume(), 'close');
  speaking.write('<1>c\n');
  await until(() => heard.length === 3);
  expect(closed).toEqual(['silent', 'too-many-connections']);
  expect(connections.size).toBe(2);
});

it('takes a line that nothing ended after a minute, and gives up on half a counted frame', async () => {
  await open();
  const line = await dial();
  const frame = await dial();
  line.write('<1>open');
  frame.write('20 <1>half');
  await until(() => line.bytesWritten + frame.bytesWritten === 17);
  // Written is not yet read: an answered connection behind them is.
  const behind = await dial();
  behind.write('<1>x\n');
  await until(() => heard.length === 1);
  now = 59_000;
  connections.sweep();
  expect(connections.size).toBe(3);
  now = 200_000;
  connections.sweep();
  expect(texts()).toEqual(['<1>x', '<1>open']);
  expect(closed).toEqual(['stalled-frame']);
  line.write('<1>next\n');
  await until(() => heard.length === 3);
  now += 86_400_000;
  connections.sweep();
  expect({ closed, size: connections.size }).toEqual({ closed: ['stalled-frame', 'idle', 'idle'], size: 0 });
});

it('says so when a sender ends in the middle of a counted frame', async () => {
  await open();
  (await dial()).end('4 <1>a20 <1>half');
  await until(() => closed.length === 1);
  expect({ closed, texts: texts() }).toEqual({ closed: ['truncated-frame'], texts: ['<1>a'] });
});

it('passes over a line of 100 MiB, and reads the one after it', async () => {
  await open();
  const sender = await dial();
  const part = Buffer.alloc(1024 * 1024, 'B');
  for (let mib = 0; mib < 100; mib++) if (!sender.write(part)) await once(sender, 'drain');
  sender.write('\n<1>after\n');
  await until(() => heard.length === 2);
  expect(heard.map(({ oversize }) => oversize)).toEqual([true, false]);
  expect(heard[0]?.bytes.length).toBe(1_024);
});

it('makes senders wait while there is no room, and does not take that for silence', async () => {
  await open();
  const sender = await dial();
  crowded = true;
  sender.write('<1>a\n');
  await until(() => heard.length === 1);
  now += 2 * 86_400_000;
  connections.sweep();
  expect(closed).toEqual([]);
  sender.write('<1>b\n');
  crowded = false;
  connections.resume();
  await until(() => heard.length === 2);
  expect(texts()).toEqual(['<1>a', '<1>b']);
});
