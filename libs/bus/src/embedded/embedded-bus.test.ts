import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Collector, collect, filterOf, subjectOf } from '../testing/conformance/context.ts';
import { createLeases } from '../lease/leases.ts';
import { openTestBus } from '../testing/index.ts';
import { createEmbeddedBus, type EmbeddedBus, type EmbeddedBusOptions } from './embedded-bus.ts';

const HOUR = 3_600_000;
const run = promisify(execFile);
const SOURCE = fileURLToPath(new URL('./embedded-bus.ts', import.meta.url));

describe('the embedded bus', () => {
  let folder: string;
  let file: string;
  const opened: EmbeddedBus[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-bus-'));
    file = join(folder, 'bus.sqlite');
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((bus) => bus.close()));
    await rm(folder, { recursive: true, force: true });
  });
  async function createBus(options: EmbeddedBusOptions): Promise<EmbeddedBus> {
    const bus = await createEmbeddedBus(options);
    opened.push(bus);
    return bus;
  }
  const publish = (bus: EmbeddedBus, n: number, text = '') => bus.publish(subjectOf('facts.a'), { n, text });

  it('refuses a second process on the same file, and says what to do', async () => {
    const bus = await createBus({ file });
    const script = `const { createEmbeddedBus } = await import(${JSON.stringify(SOURCE)});
      await createEmbeddedBus({ file: ${JSON.stringify(file)} });`;
    const second = run(process.execPath, ['--input-type=module', '-e', script]);
    await expect(second).rejects.toMatchObject({
      stderr: expect.stringMatching(/another process has it open.*NATS_URL/),
    });
    await bus.close();
    await run(process.execPath, ['--input-type=module', '-e', script]);
  });

  it('refuses a file of a newer version', async () => {
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version=99');
    db.close();
    await expect(createBus({ file })).rejects.toThrow(/written by a newer version/);
  });

  it('frees at its start the leases of an earlier process, which nobody can hold any more', async () => {
    const before = await createBus({ file });
    const dead = createLeases({ kv: await before.kv('LEASES'), owner: 'dead', ttlMs: HOUR });
    expect(await dead.acquire('pve1')).toBe(true);
    await (await before.kv('CURSORS')).put('pve1', 'here');
    await before.close();
    const after = await createBus({ file });
    const heir = createLeases({ kv: await after.kv('LEASES'), owner: 'heir', ttlMs: HOUR });
    expect(await heir.acquire('pve1')).toBe(true);
    expect(await (await after.kv('CURSORS')).get('pve1')).toMatchObject({ value: 'here' });
  });

  it('keeps with synchronous FULL what it acknowledged', async () => {
    const bus = await createBus({ file, synchronous: 'FULL' });
    expect(await publish(bus, 1)).toEqual({ seq: 1, duplicate: false });
    await bus.close();
  });

  it('deletes by age only what every durable has passed, and never the newest', async () => {
    const clock = { ms: 0 };
    const bus = await createBus({ file, now: () => clock.ms, retention: { maxAgeMs: 10 * HOUR } });
    for (let n = 1; n <= 10; n++) await publish(bus, n);
    const release = Promise.withResolvers<void>();
    const fifth = Promise.withResolvers<void>();
    const options = { durable: 'slow', filters: [filterOf('facts.>')], maxInFlight: 1 };
    await bus.consume(options, ({ seq }) => {
      if (seq <= 4) return undefined;
      fifth.resolve();
      return release.promise;
    });
    const fast = await collect(bus, { durable: 'fast', filters: ['facts.>'] });
    await Promise.all([fast.got.reach(10), fifth.promise]);
    // The turn that stores this stores the acknowledgements too.
    await bus.publish(subjectOf('events.turn'), {});
    clock.ms += 9 * HOUR;
    expect(bus.trim()).toBe(0);
    clock.ms += 2 * HOUR;
    expect(bus.trim()).toBe(4);
    expect(await bus.lastSeq('FACTS')).toBe(10);
    release.resolve();
    await bus.close();
  });

  it('no longer waits for a durable that nobody has consumed for as long as messages are kept', async () => {
    const clock = { ms: 0 };
    const bus = await createBus({ file, now: () => clock.ms, retention: { maxAgeMs: 10 * HOUR } });
    const gone = await bus.consume({ durable: 'gone', filters: [filterOf('facts.never')] }, () => {});
    await gone.stop();
    for (let n = 1; n <= 10; n++) await publish(bus, n);
    clock.ms += 11 * HOUR;
    expect(bus.trim()).toBe(9);
    // The sequence goes on also when all but one row is gone and the process starts again.
    await bus.close();
    const next = await createBus({ file, now: () => clock.ms });
    expect((await publish(next, 11)).seq).toBe(11);
    await next.close();
  });

  it('deletes by bytes, but nothing younger than the de-duplication window', async () => {
    const clock = { ms: 0 };
    // FACTS has a fifth of it.
    const bus = await createBus({ file, now: () => clock.ms, retention: { maxBytes: 50_000 } });
    for (let n = 1; n <= 30; n++) await publish(bus, n, 'x'.repeat(1_000));
    expect(bus.trim()).toBe(0);
    clock.ms += 121_000;
    const deleted = bus.trim();
    expect(deleted).toBeGreaterThanOrEqual(19);
    expect(deleted).toBeLessThanOrEqual(22);
    await bus.close();
  });

  it('deletes unread messages when the log is four times over its limit, and logs it as an error', async () => {
    const clock = { ms: 0 };
    const errors: string[] = [];
    const log = {
      info: () => {},
      warn: () => {},
      error: (_: object, sentence: string) => void errors.push(sentence),
    };
    const bus = await createBus({ file, log, now: () => clock.ms, retention: { maxBytes: 10_000 } });
    await bus.consume({ durable: 'stuck', filters: [filterOf('facts.>')], ackWaitMs: 10 }, () => {});
    const hung = await bus.consume(
      { durable: 'hung', filters: [filterOf('facts.>')], maxInFlight: 1 },
      () => {
        throw new Error('later');
      },
    );
    for (let n = 1; n <= 30; n++) await publish(bus, n, 'x'.repeat(1_000));
    clock.ms += 121_000;
    expect(bus.trim()).toBeGreaterThan(20);
    expect(errors).toEqual(['messages deleted unread: the log is four times over its limit']);
    await hung.stop();
    await bus.close();
  });

  it('suspects only what ran when the process died: one at a time, so that innocents are not used up', async () => {
    const bus = await createBus({ file });
    for (let n = 1; n <= 20; n++) await publish(bus, n);
    await bus.close();
    // Ten were under way when the process died.
    const script = `const { createEmbeddedBus } = await import(${JSON.stringify(SOURCE)});
      const bus = await createEmbeddedBus({ file: ${JSON.stringify(file)} });
      let running = 0;
      await bus.consume({ durable: 'd', filters: ['facts.>'], maxInFlight: 10 }, () => {
        if (++running === 10) process.kill(process.pid, 'SIGKILL');
        return new Promise(() => {});
      });
      setInterval(() => {}, 1000);`;
    await run(process.execPath, ['--input-type=module', '-e', script]).catch(() => {});
    const next = await createBus({ file });
    let running = 0;
    const most = { suspects: 0, others: 0 };
    const seen = new Collector<{ seq: number; deliveries: number }>();
    await next.consume(
      { durable: 'd', filters: [filterOf('facts.>')], maxInFlight: 10 },
      async ({ seq, deliveries }) => {
        running += 1;
        const kind = deliveries > 1 ? 'suspects' : 'others';
        most[kind] = Math.max(most[kind], running);
        await new Promise((resolve) => setTimeout(resolve, 1));
        running -= 1;
        seen.add({ seq, deliveries });
      },
    );
    const all = await seen.reach(20);
    expect(all.filter(({ deliveries }) => deliveries === 2).map(({ seq }) => seq)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
    expect(all.filter(({ deliveries }) => deliveries === 1)).toHaveLength(10);
    expect(most.suspects).toBe(1);
    expect(most.others).toBe(10);
    await next.close();
  });

  it('keeps the wait and the count of a retry over a restart', async () => {
    const t = await openTestBus();
    const first = Promise.withResolvers<void>();
    const filters = [filterOf('facts.>')];
    await t.bus.publish(subjectOf('facts.a'), 1);
    await t.bus.consume({ durable: 'd', filters, backoffMs: [300] }, () => {
      first.resolve();
      throw new Error('not yet');
    });
    await first.promise;
    const failedAt = performance.now();
    const bus = await t.reopen();
    const again = new Collector<number>();
    await bus.consume({ durable: 'd', filters, backoffMs: [300] }, ({ deliveries }) => again.add(deliveries));
    expect(await again.reach(1)).toEqual([2]);
    expect(performance.now() - failedAt).toBeGreaterThanOrEqual(290);
    await t.close();
  });

  it('pages a long backlog: a consumer and a subscriber get all of it in order', async () => {
    const bus = await createBus({ file });
    await Promise.all(
      Array.from({ length: 5_000 }, (_, n) => bus.publish(subjectOf(n % 2 ? 'facts.odd' : 'facts.even'), n)),
    );
    const { got } = await collect(bus, { durable: 'pager', filters: ['facts.odd'] });
    const tailed = new Collector<unknown>();
    await bus.subscribe({ filters: [filterOf('facts.even')], from: 0 }, ({ data }) => tailed.add(data));
    const odd = (await got.reach(2_500)).map(({ data }) => data);
    expect(odd).toEqual(Array.from({ length: 2_500 }, (_, n) => 2 * n + 1));
    expect(await tailed.reach(2_500)).toEqual(Array.from({ length: 2_500 }, (_, n) => 2 * n));
    await bus.close();
  });

  it('does not hand out the same object to two consumers', async () => {
    const bus = await createBus({ file });
    const a = await collect(bus, { durable: 'a', filters: ['facts.>'] });
    const b = await collect(bus, { durable: 'b', filters: ['facts.>'] });
    await publish(bus, 1);
    const [one] = await a.got.reach(1);
    const [two] = await b.got.reach(1);
    expect(one?.data).toEqual(two?.data);
    expect(one?.data).not.toBe(two?.data);
    await bus.close();
  });

  it('refuses another consumer of a durable with other filters', async () => {
    const bus = await createBus({ file });
    await collect(bus, { durable: 'd', filters: ['facts.a'] });
    await expect(collect(bus, { durable: 'd', filters: ['facts.b'] })).rejects.toThrow(
      /already consumes facts\.a/,
    );
    await bus.close();
  });

  it('rejects with BusUnavailable what the disk refuses, and works again when it has room', async () => {
    // A limit on the size of files stands in for a full disk.
    const script = `const { createEmbeddedBus } = await import(${JSON.stringify(SOURCE)});
      const { execFileSync } = await import('node:child_process');
      const bus = await createEmbeddedBus({ file: ${JSON.stringify(file)} });
      const seen = [];
      let wake;
      await bus.consume({ durable: 'd', filters: ['facts.>'] }, ({ seq }) => { seen.push(seq); wake?.(); });
      await bus.publish('facts.a', 1);
      const refused = [];
      for (let i = 0; i < 10 && refused.length === 0; i++) {
        await bus.publish('facts.b', 'x'.repeat(900000)).catch((error) => refused.push(error.name));
      }
      execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited']);
      const { seq } = await bus.publish('facts.c', 3);
      while (!seen.includes(seq)) await new Promise((resolve) => (wake = resolve));
      await bus.close();
      console.log(JSON.stringify({ refused, ordered: seen.every((n, i) => n === i + 1), last: seen.length === seq }));`;
    const shell = 'ulimit -S -f 3000; exec "$0" --input-type=module -e "$1"';
    const { stdout } = await run('bash', ['-c', shell, process.execPath, script]);
    expect(JSON.parse(stdout)).toEqual({ refused: ['BusUnavailable'], ordered: true, last: true });
  });
});
