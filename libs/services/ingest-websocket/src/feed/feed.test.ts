import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { openTestBus } from '@proxmox-mcp/bus/testing';
import { testContext } from '@proxmox-mcp/ingest-kit/testing';
import { SourceState, filters, stateKeys, type DeadLetter, type Event } from '@proxmox-mcp/schemas';
import { IngestWebsocketConfig } from '../config.ts';
import { createIngestWebsocket } from '../ingest-websocket.ts';
import { createManualClock } from '../testing/manual-clock.ts';

const UPID = 'UPID:pve1:0000A001:0A650000:69B4A500:qmstart:101:root@pam:';
const row = { upid: UPID, node: 'pve1', starttime: 0x69b4a500, type: 'qmstart', id: '101', user: 'root@pam' };

/** The service with one feed, and the server at its far end. */
async function openFeed(settings: Record<string, string> = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const connections: WebSocket[] = [];
  server.on('connection', (socket) => connections.push(socket));
  const t = await openTestBus();
  const [events, deadLetters]: [Event[], DeadLetter[]] = [[], []];
  await t.bus.subscribe({ filters: [filters.allEvents], from: 0 }, ({ data }) => void events.push(data));
  await t.bus.subscribe(
    { filters: [filters.allDeadLetters], from: 0 },
    ({ data }) => void deadLetters.push(data),
  );
  const { port } = server.address() as AddressInfo;
  const clock = createManualClock();
  const url = `ws://127.0.0.1:${port}/feed?token=very-secret`;
  const context = testContext(IngestWebsocketConfig.parse({ EVENT_WS_URLS: url, ...settings }), t.bus, {
    now: () => clock.now(),
  });
  const service = createIngestWebsocket(context, { clock, random: () => 0.5 });
  await service.start(new AbortController().signal);
  const until = async (isTrue: () => boolean) => {
    while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    connections,
    events,
    deadLetters,
    clock,
    until,
    /** Resolves with the feed's state once it has this status. */
    async stateOf(status: SourceState['status']) {
      const kv = await t.bus.kv('STATE');
      for (;;) {
        const entry = await kv.get(stateKeys.source('feed-127.0.0.1'));
        const state = entry && SourceState.parse(JSON.parse(entry.value));
        if (state?.status === status) return state;
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    async close() {
      await service.stop();
      server.close();
      await t.close();
    },
  };
}

let f: Awaited<ReturnType<typeof openFeed>>;
afterEach(() => f.close());

it('takes task rows from frames, alone or in lists, once each', async () => {
  f = await openFeed();
  await f.until(() => f.connections.length === 1);
  const ended = { ...row, endtime: 0x69b4a510, status: 'OK' };
  for (const frame of [row, { data: [row, ended] }, row]) f.connections[0]?.send(JSON.stringify(frame));
  await f.until(() => f.events.length === 2);
  expect(f.events).toMatchObject([
    { type: 'guest.start.started', channel: 'websocket', source: 'feed-127.0.0.1', upid: UPID },
    { type: 'guest.start.succeeded', upid: UPID },
  ]);
});

it('keeps what it does not understand as dead letters with the reason', async () => {
  f = await openFeed();
  await f.until(() => f.connections.length === 1);
  for (const frame of ['{"cpu":1}', 'hello', '[]']) f.connections[0]?.send(frame);
  await f.until(() => f.deadLetters.length === 3);
  expect(f.deadLetters.map(({ reason }) => reason)).toEqual(['not-a-task', 'invalid-json', 'not-a-task']);
  expect(f.events).toEqual([]);
});

it('connects again when the feed is lost, and says meanwhile that it is, without its address', async () => {
  f = await openFeed();
  await f.until(() => f.connections.length === 1);
  f.connections[0]?.terminate();
  expect(JSON.stringify(await f.stateOf('down'))).not.toContain('very-secret');
  await f.clock.advance(2_000);
  await f.until(() => f.connections.length === 2);
  await f.stateOf('ok');
});

it('ends a connection whose frames are too large, and connects again', async () => {
  f = await openFeed({ WEBSOCKET_MAX_FRAME_BYTES: '2048' });
  await f.until(() => f.connections.length === 1);
  f.connections[0]?.send('x'.repeat(4_096));
  await f.until(() => f.connections[0]?.readyState === 3);
  await f.clock.advance(2_000);
  await f.until(() => f.connections.length === 2);
  expect(f.events).toEqual([]);
});

it('gives up a connection that no longer answers its heartbeat', async () => {
  f = await openFeed();
  await f.until(() => f.connections.length === 1);
  // A peer whose process hangs: TCP is up, nothing is read.
  f.connections[0]?.pause();
  while (f.connections.length === 1) await f.clock.advance(31_000);
});
