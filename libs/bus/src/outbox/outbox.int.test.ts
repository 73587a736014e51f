import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bus } from '../bus.ts';
import { createNatsBus } from '../nats/nats-bus.ts';
import { Collector, collect, subjectOf } from '../testing/conformance/context.ts';
import { describeWithNats, startNatsServer } from '../testing/index.ts';

const CHILD = fileURLToPath(new URL('../testing/conformance/crash-child.ts', import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server has one
  server.close();
  await once(server, 'close');
  return port;
}

await describeWithNats('the outbox before NATS', (found) => {
  let folder: string;
  const open = (servers: string) =>
    createNatsBus({ servers, name: 'ingest-test', outboxFile: join(folder, 'outbox.sqlite') });
  const publish = (bus: Bus, n: number) => bus.publish(subjectOf('events.out'), n, { id: `out-${n}` });
  /** What is in the stream, read by somebody else. */
  async function stored(servers: string, count: number): Promise<unknown[]> {
    const bus = await createNatsBus({ servers, name: 'reader' });
    const { got } = await collect(bus, {
      durable: `reader-${Math.random().toString(36).slice(2)}`,
      filters: ['events.out'],
    });
    const data = (await got.reach(count)).map((message) => message.data);
    expect(await bus.lastSeq('EVENTS')).toBe(count);
    await bus.close();
    return data;
  }
  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-outbox-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('takes messages before the server was ever there, and sends them in order when it comes', async () => {
    const port = await freePort();
    const bus = await open(`nats://127.0.0.1:${port}`);
    for (const n of numbers(300)) expect(await publish(bus, n)).toEqual({ seq: 0, duplicate: false });
    expect(bus.health()).toEqual({ connected: false, description: 'nats', outbox: 300 });
    const server = await startNatsServer(found, { port });
    // Whatever else is asked waits for the server.
    expect(await bus.lastSeq('FACTS')).toBe(0);
    expect(await stored(server.url, 300)).toEqual(numbers(300));
    expect(bus.health()).toEqual({ connected: true, description: `nats ${found.version}`, outbox: 0 });
    // With an empty outbox messages go straight on, and tell their sequence.
    expect(await publish(bus, 300)).toEqual({ seq: 301, duplicate: false });
    await bus.close();
    await server.stop();
  });

  it('loses, doubles and reorders nothing when the server is killed under load', async () => {
    const server = await startNatsServer(found);
    const bus = await open(server.url);
    const published: Promise<unknown>[] = [];
    for (const n of numbers(3_000)) {
      published.push(publish(bus, n));
      if (n === 1_000) void server.kill();
      if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(published);
    expect(bus.health().outbox).toBeGreaterThan(0);
    await server.restart();
    expect(await stored(server.url, 3_000)).toEqual(numbers(3_000));
    await bus.close();
    await server.stop();
  }, 60_000);

  it('does not wait for a server that hangs', async () => {
    const server = await startNatsServer(found);
    const bus = await open(server.url);
    await publish(bus, 0);
    server.pause();
    await Promise.all([publish(bus, 1), publish(bus, 2)]);
    await publish(bus, 3);
    // What was on its way when the server stopped may have arrived; nothing after it has.
    expect(bus.health().outbox).toBeGreaterThan(0);
    server.resume();
    expect(await stored(server.url, 4)).toEqual(numbers(4));
    await bus.close();
    await server.stop();
  });

  it('of a killed process is sent by the next one', async () => {
    const port = await freePort();
    const servers = `nats://127.0.0.1:${port}`;
    const file = join(folder, 'outbox.sqlite');
    const child = fork(CHILD, ['outbox', servers, file], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const told = new Collector<number>();
    child.on('message', (n) => told.add(Number(n)));
    await told.reach(200);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const server = await startNatsServer(found, { port });
    const bus = await open(servers);
    const last = await bus.publish(subjectOf('events.out'), 'last');
    expect(last.duplicate).toBe(false);
    const reader = await collect(bus, { durable: 'killed-reader', filters: ['events.out'] });
    const numbersSent: unknown[] = [];
    for (let count = 1; !numbersSent.includes('last'); count++) {
      numbersSent.splice(0, Infinity, ...(await reader.got.reach(count)).map(({ data }) => data));
    }
    const sent = numbersSent.filter((n) => n !== 'last');
    expect(sent).toEqual(numbers(sent.length));
    expect(sent.length).toBeGreaterThanOrEqual(told.items.length);
    await bus.close();
    await server.stop();
  });

  it('is one per process; what a process left behind goes first to the next that starts', async () => {
    const away = `nats://127.0.0.1:${await freePort()}`;
    const [a, b] = [await open(away), await open(away)];
    await publish(b, 1);
    expect((await readdir(folder)).filter((name) => /sqlite(\.\d+)?$/.test(name)).sort()).toEqual([
      'outbox.sqlite',
      'outbox.sqlite.2',
    ]);
    await Promise.all([a.close(), b.close()]);
    const c = await open(away);
    expect(c.health().outbox).toBe(1);
    await c.close();
  });

  it('that is full refuses, and says so', async () => {
    const away = `nats://127.0.0.1:${await freePort()}`;
    const outboxFile = join(folder, 'outbox.sqlite');
    const bus = await createNatsBus({ servers: away, name: 'full', outboxFile, outboxMaxBytes: 100 });
    await bus.publish(subjectOf('events.out'), 'x'.repeat(50));
    await expect(bus.publish(subjectOf('events.out'), 'x'.repeat(60))).rejects.toThrow(/the outbox is full/);
    await bus.close();
  });
});
