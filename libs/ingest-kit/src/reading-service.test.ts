import type { NormalizeResult } from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { createReadingService, type ReadableServer, type ReadingTools } from './reading-service.ts';
import {
  countMetrics,
  createManualClock,
  openHeardBus,
  testContext,
  type HeardBus,
} from './testing/index.ts';

interface Client {
  close(): Promise<void>;
}

const told = (identity: string): NormalizeResult => ({
  events: [{ type: 'notification.unmapped', severity: 'info', product: 'pve', identity, facts: {} }],
});

let heard: HeardBus;
let service: Service;
beforeEach(async () => {
  heard = await openHeardBus();
});
afterEach(async () => {
  await service.stop();
  await heard.close();
});

function open(server: ReadableServer<Client> | undefined) {
  const { metrics } = countMetrics();
  return createReadingService(testContext({}, heard.bus, { metrics }), {
    service: 'ingest-test',
    channel: 'gotify',
    clock: createManualClock(),
    random: () => 0.5,
    connections: metrics.counter('test_connections_total', 'Connections begun'),
    unkept: metrics.counter('test_unkept_total', 'Refused messages too many to be kept', ['reason']),
    server,
    unset: 'nothing is read',
  });
}

/** A server that is read like this, once; the connection stays open until the source is given away. */
function serverOf(read: (tools: ReadingTools<Client>, signal: AbortSignal) => Promise<void>) {
  let isClosed = false;
  return {
    url: 'https://messages.example.net/path',
    connect: () => ({ close: async () => void (isClosed = true) }),
    async read({ signal, up }, tools) {
      await read(tools, signal);
      up();
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
    isClosed: () => isClosed,
  } satisfies ReadableServer<Client> & { isClosed(): boolean };
}

it('goes on after a message at which the normalizer fails, and keeps that one', async () => {
  const server = serverOf(async (tools, signal) => {
    for (const id of [1, 2, 3]) {
      const understood = tools.understand(id, () => {
        if (id === 2) throw new Error('a fault of ours');
        return { source: 'atlas', result: told(`${tools.server}/${id}`) };
      });
      await tools.store(understood, { id, raw: `message ${id}` }, signal);
    }
    await tools.refuse({ reject: true, reason: 'schema' }, 'no message', signal);
  });
  service = open(server);
  await service.start(new AbortController().signal);
  await heard.until(() => heard.events.length === 2 && heard.letters.length === 2);
  expect(heard.events).toMatchObject([{ source: 'atlas' }, { source: 'atlas' }]);
  expect(heard.letters).toMatchObject([
    { reason: 'normalizer-threw', origin: 'gotify message 2', body: 'message 2' },
    { reason: 'schema', origin: 'gotify stream', body: 'no message' },
  ]);
  await heard.until(async () => (await heard.state('ingest-test'))?.status === 'ok');
  expect([service.isReady?.(), service.details?.()]).toEqual([true, { reading: true }]);
  await service.stop();
  await service.stop();
  expect(server.isClosed()).toBe(true);
});

it('keeps a place for each server, which counts its messages by itself', async () => {
  service = open(serverOf(async ({ cursor }) => void (await cursor.save({ id: 7 }))));
  await service.start(new AbortController().signal);
  const cursors = await heard.bus.kv('CURSORS');
  await heard.until(async () => (await cursors.list('gotify')).length === 1);
  expect(await cursors.list('gotify')).toMatchObject([
    { key: 'gotify.messages=2Eexample=2Enet', value: '{"id":7}' },
  ]);
});

it('does nothing where no server is to be read, and is ready all the same', async () => {
  service = open(undefined);
  await service.start(new AbortController().signal);
  expect([service.isReady?.(), service.details?.()]).toEqual([true, { enabled: false }]);
  expect(await heard.state('ingest-test')).toBeUndefined();
});
