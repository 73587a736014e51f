import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bus } from './bus.ts';
import { createEmbeddedBus } from './embedded/embedded-bus.ts';
import { createNatsBus } from './nats/nats-bus.ts';
import { filterOf, subjectOf } from './testing/conformance/context.ts';
import { findNatsServer } from './testing/nats-server/find-nats-server.ts';
import { startNatsServer } from './testing/nats-server/start-nats-server.ts';

/**
 * `node libs/bus/src/bus.bench.ts [thousands]`: rates of both drivers side by side, with messages of 700 bytes. CPU is of this process;
 * the server's comes on top for NATS.
 */
const TOTAL = Math.max(1, Number(process.argv[2] ?? 20)) * 1_000;
const message = { text: 'x'.repeat(640), type: 'guest.started', vmid: 100 };

interface Row {
  readonly what: string;
  readonly perSecond: number;
  readonly cpuMicros: number;
}

async function measure(what: string, count: number, work: () => Promise<void>): Promise<Row> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1_000;
  const used = process.cpuUsage(cpu);
  return {
    what,
    perSecond: Math.round(count / seconds),
    cpuMicros: Math.round((10 * (used.user + used.system)) / count) / 10,
  };
}

async function publishMany(bus: Bus, subject: string, inFlight: number, count: number): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < count) {
      const id = `${subject}-${next++}`;
      await bus.publish(subjectOf(subject), message, { id });
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
}

async function consumeAll(
  bus: Bus,
  subject: string,
  durables: readonly string[],
  count: number,
): Promise<() => Promise<void>> {
  const all = durables.map(async (durable) => {
    const complete = Promise.withResolvers<void>();
    let left = count;
    await bus.consume({ durable, filters: [filterOf(subject)], maxInFlight: 512 }, () => {
      if (--left === 0) complete.resolve();
    });
    return complete;
  });
  const running = await Promise.all(all);
  return async () => void (await Promise.all(running.map((complete) => complete.promise)));
}

async function bench(bus: Bus): Promise<Row[]> {
  const rows: Row[] = [];
  await publishMany(bus, 'events.warm', 64, 1_000);
  const few = Math.round(TOTAL / 5);
  rows.push(await measure('publish, one after the other', few, () => publishMany(bus, 'events.one', 1, few)));
  rows.push(
    await measure('publish, 256 in flight', TOTAL, () => publishMany(bus, 'events.many', 256, TOTAL)),
  );
  rows.push(
    await measure('consume a backlog', TOTAL, async () =>
      (await consumeAll(bus, 'events.many', ['bench-one'], TOTAL))(),
    ),
  );
  rows.push(
    await measure('publish → 3 durables, end to end', TOTAL, async () => {
      const done = await consumeAll(bus, 'events.three', ['bench-a', 'bench-b', 'bench-c'], TOTAL);
      await publishMany(bus, 'events.three', 256, TOTAL);
      await done();
    }),
  );
  const kv = await bus.kv('STATE');
  rows.push(
    await measure('key-value put, 64 in flight', few, async () => {
      let next = 0;
      const one = async () => {
        while (next < few) await kv.put(`vm.${next++ % 500}`, message.text);
      };
      await Promise.all(Array.from({ length: 64 }, one));
    }),
  );
  return rows;
}

const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-bench-'));
console.log(
  `${TOTAL} messages of 700 bytes, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? '?'}`,
);
const print = (driver: string, rows: readonly Row[]) => {
  for (const { what, perSecond, cpuMicros } of rows) {
    console.log(
      `${driver.padEnd(16)} ${what.padEnd(36)} ${String(perSecond).padStart(8)}/s ${String(cpuMicros).padStart(7)} µs CPU each`,
    );
  }
};
for (const synchronous of ['NORMAL', 'FULL'] as const) {
  const bus = await createEmbeddedBus({ file: join(folder, `${synchronous}.sqlite`), synchronous });
  print(`embedded ${synchronous}`, await bench(bus));
  await bus.close();
}
const found = await findNatsServer(process.env);
if ('path' in found) {
  const server = await startNatsServer(found);
  const bus = await createNatsBus({ servers: server.url, name: 'bench' });
  print(`nats ${found.version}`, await bench(bus));
  await bus.close();
  await server.stop();
} else {
  console.log(`nats: not measured, ${found.reason}`);
}
await rm(folder, { recursive: true, force: true });
