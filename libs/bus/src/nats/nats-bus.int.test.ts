import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, nanos } from '@nats-io/transport-node';
import type { KvChange, Message } from '../bus.ts';
import type { BusLog } from '../shared/log.ts';
import { collect, Collector, filterOf, subjectOf } from '../testing/conformance/context.ts';
import { describeWithNats, startNatsServer, type TestNatsServer } from '../testing/index.ts';
import { NatsRefused } from './nats-refused.ts';
import { createNatsBus } from './nats-bus.ts';
import { openNatsKv } from './nats-kv.ts';

/** Collects what would be logged, as text. */
function recorder(): { readonly lines: string[]; readonly log: BusLog; readonly said: Collector<string> } {
  const said = new Collector<string>();
  const add = (fields: object, sentence: string) => said.add(`${sentence} ${JSON.stringify(fields)}`);
  return { lines: said.items, said, log: { info: add, warn: add, error: add } };
}

/** Something that greets as a NATS server of some version does. */
async function greeter(info: object): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((socket) => {
    socket.write(`INFO ${JSON.stringify({ server_id: 'x', max_payload: 1_048_576, proto: 1, ...info })}\r\n`);
    socket.on('data', (chunk) => {
      if (chunk.includes('PING')) socket.write('PONG\r\n');
    });
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server has one
  return {
    url: `nats://127.0.0.1:${port}`,
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}

describe('the NATS driver', () => {
  it('refuses a server older than 2.10 and says why', async () => {
    const old = await greeter({ version: '2.9.10', jetstream: true });
    const opening = createNatsBus({ servers: old.url, name: 'test' });
    await expect(opening).rejects.toThrow(NatsRefused);
    await expect(opening).rejects.toThrow(/is 2\.9\.10; at least 2\.10 is needed/);
    await old.close();
  });

  it('refuses a server without JetStream and says what to do', async () => {
    const plain = await greeter({ version: '2.11.0', jetstream: false });
    await expect(createNatsBus({ servers: plain.url, name: 'test' })).rejects.toThrow(
      /without JetStream; start it with -js/,
    );
    await plain.close();
  });

  it('waits for a server that is not there until told to stop, and never logs a password', async () => {
    const { said, log } = recorder();
    const told = new AbortController();
    const opening = createNatsBus({
      servers: 'nats://user:hunter2@127.0.0.1:1,nats://user:hunter2@127.0.0.1:2',
      name: 'test',
      log,
      signal: told.signal,
    });
    await said.reach(1);
    told.abort(new Error('told to stop'));
    await expect(opening).rejects.toThrow('told to stop');
    expect(said.items.join()).toContain('nats://127.0.0.1:1, nats://127.0.0.1:2');
    expect(said.items.join()).not.toContain('hunter2');
  });
});

await describeWithNats('the NATS driver with a server', (found) => {
  let server: TestNatsServer;
  beforeAll(async () => {
    server = await startNatsServer(found);
  });
  afterAll(() => server.stop());

  it('goes on after the server was killed and started again: consumers, tails, watchers, publishers', async () => {
    const { log, lines } = recorder();
    const bus = await createNatsBus({ servers: server.url, name: 'test', log, publishTimeoutMs: 25_000 });
    const kv = await bus.kv('STATE');
    const consumed = new Collector<unknown>();
    const tailed = new Collector<Message<unknown>>();
    const watched = new Collector<KvChange>();
    await bus.consume({ durable: 'survivor', filters: [filterOf('facts.survive')] }, ({ data }) =>
      consumed.add(data),
    );
    await bus.subscribe({ filters: [filterOf('facts.survive')], from: 'new' }, (message) =>
      tailed.add(message),
    );
    await kv.watch('survive', (change) => watched.add(change));
    await bus.publish(subjectOf('facts.survive'), 0);
    await consumed.reach(1);
    await server.kill();
    const publishing = [1, 2, 3].map((n) => bus.publish(subjectOf('facts.survive'), n));
    await server.restart();
    await Promise.all(publishing);
    await kv.put('survive.a', 'x');
    expect(await consumed.reach(4)).toEqual([0, 1, 2, 3]);
    expect((await tailed.reach(4)).map(({ data }) => data)).toEqual([0, 1, 2, 3]);
    expect(await watched.reach(1)).toMatchObject([{ key: 'survive.a', value: 'x' }]);
    expect(bus.health()).toEqual({ connected: true, description: `nats ${found.version}`, outbox: 0 });
    expect(lines.join()).toContain('connection to NATS lost, will reconnect');
    await bus.close();
  }, 60_000);

  it('gives up a publish in time while the server is away, and says that it is not connected', async () => {
    const { log, said } = recorder();
    const bus = await createNatsBus({ servers: server.url, name: 'test', log, publishTimeoutMs: 500 });
    await said.reach(1);
    await server.kill();
    await expect(bus.publish(subjectOf('facts.away'), 1)).rejects.toMatchObject({
      name: 'BusUnavailable',
      retryable: true,
    });
    expect(bus.health().connected).toBe(false);
    await expect(bus.request(subjectOf('test.away') as never, {})).rejects.toMatchObject({
      name: 'NoAnswer',
    });
    await server.restart();
    await bus.close();
  });

  it('waits for JetStream of a server that starts later', async () => {
    await server.kill();
    const { log, said } = recorder();
    const opening = createNatsBus({ servers: server.url, name: 'late', log });
    await said.reach(1);
    await server.restart();
    const bus = await opening;
    expect((await bus.publish(subjectOf('facts.late'), 1)).seq).toBeGreaterThan(0);
    await bus.close();
  });

  it('takes changed limits over, whoever made the streams', async () => {
    const first = await createNatsBus({ servers: server.url, name: 'first', maxAgeMs: 3_600_000 });
    const second = await createNatsBus({ servers: server.url, name: 'second', maxAgeMs: 7_200_000 });
    const published = await second.publish(subjectOf('facts.limits'), 1);
    expect(await first.lastSeq('FACTS')).toBe(published.seq);
    const nc = await connect({ servers: server.url });
    const info = await (await jetstreamManager(nc)).streams.info('FACTS');
    expect(info.config.max_age).toBe(nanos(7_200_000));
    await nc.close();
    await Promise.all([first.close(), second.close()]);
  });

  it('says plainly that the server has no room for so much history', async () => {
    const opening = createNatsBus({ servers: server.url, name: 'greedy', maxBytes: 1e15 });
    await expect(opening).rejects.toThrow(/has no \d+ bytes of JetStream storage left/);
  });

  it('drains a backlog of several store blocks through several filters without crawling', async () => {
    const bus = await createNatsBus({ servers: server.url, name: 'backlog' });
    const count = 12_000;
    const text = 'x'.repeat(1_500);
    const published = Array.from({ length: count }, (_, n) =>
      bus.publish(subjectOf(`observations.${['a', 'b', 'c'][n % 3]}`), { n, text }),
    );
    await Promise.all(published);
    const filters = ['observations.a', 'observations.b'];
    const { got, consumer } = await collect(bus, { durable: 'backlog', filters, maxInFlight: 512 });
    // It crawled at 165/s, that is 48 s, when the server was given both filters: `reach` gives up long before.
    expect(await got.reach((count / 3) * 2)).toHaveLength((count / 3) * 2);
    await consumer.stop();
    await bus.close();
  });

  it('clears away the marks of deleted keys, and nothing else', async () => {
    const nc = await connect({ servers: server.url });
    const jsm = await jetstreamManager(nc);
    const log = recorder().log;
    const { kv, forgetDeleted } = await openNatsKv(jetstream(nc), {
      jsm,
      bucket: 'CURSORS',
      replicas: 1,
      log,
    });
    await kv.put('kept', '1');
    await kv.put('gone', '1');
    await kv.delete('gone');
    await kv.put('back', '1');
    await kv.delete('back');
    await kv.put('back', '2');
    expect(await forgetDeleted(3_600_000)).toBe(0);
    expect(await forgetDeleted(0)).toBe(1);
    expect((await kv.list()).map(({ key }) => key)).toEqual(['back', 'kept']);
    expect((await jsm.streams.info('KV_CURSORS')).state.messages).toBe(2);
    await nc.close();
  });

  it('brings up a durable whose settings changed', async () => {
    const bus = await createNatsBus({ servers: server.url, name: 'settings' });
    const seen = new Collector<unknown>();
    const first = await bus.consume({ durable: 'changing', filters: [filterOf('facts.one')] }, ({ data }) =>
      seen.add(data),
    );
    await first.stop();
    const filters = [filterOf('facts.one'), filterOf('facts.two')];
    const second = await bus.consume(
      { durable: 'changing', filters, maxDeliver: 9, ackWaitMs: 5_000 },
      ({ data }) => seen.add(data),
    );
    await bus.publish(subjectOf('facts.two'), 'again');
    expect(await seen.reach(1)).toEqual(['again']);
    await second.stop();
    await bus.close();
  });
});
