import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type DeadLetter, filters } from '@proxmox-mcp/schemas';
import { Collector, collect, type Context, filterOf, subjectOf } from './context.ts';

const CHILD = fileURLToPath(new URL('./crash-child.ts', import.meta.url));

/** What is promised to a process that is killed without a word. */
export function crashing(context: Context): void {
  async function runChild(
    job: string,
    told: Collector<number>,
    until: (child: ChildProcess) => Promise<unknown>,
  ): Promise<void> {
    const { driver, where } = context.target;
    const child = fork(CHILD, [driver, where, job], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const exited = once(child, 'exit');
    child.on('message', (n) => told.add(Number(n)));
    try {
      await until(child);
    } finally {
      child.kill('SIGKILL');
      await exited;
    }
  }
  /** Steps aside for a child process where only one may have the bus open. */
  async function alone(work: () => Promise<void>): Promise<void> {
    if (context.target.exclusive) await context.close();
    await work();
    await context.reopen();
  }

  describe('a killed process', () => {
    it('as a publisher loses and doubles nothing that was acknowledged', async () => {
      const acknowledged = new Set<number>();
      await alone(async () => {
        for (let run = 0; run < 2; run++) {
          const told = new Collector<number>();
          await runChild('publish', told, () => told.reach(400));
          for (const n of told.items) acknowledged.add(n);
        }
      });
      const stored = await collect(context.bus, {
        durable: 'crash-check',
        filters: ['facts.crash.>'],
        maxInFlight: 500,
      });
      await context.bus.publish(subjectOf('facts.crash.end'), { n: -1 });
      const numbers = await untilLast(stored.got, -1);
      expect(new Set(numbers).size).toBe(numbers.length);
      expect([...acknowledged].filter((n) => !numbers.includes(n))).toEqual([]);
      await stored.consumer.stop();
    });

    it('as a consumer loses no message', async () => {
      const last = (await context.bus.publish(subjectOf('facts.crash.stop'), { n: -2 })).seq;
      const handled = new Set<number>();
      await alone(async () => {
        for (let run = 0; run < 2; run++) {
          const told = new Collector<number>();
          await runChild('consume', told, () => told.reach(100));
          for (const seq of told.items) handled.add(seq);
        }
      });
      const all = await collect(context.bus, {
        durable: 'crash-all',
        filters: ['facts.crash.>'],
        maxInFlight: 500,
      });
      const total = new Set((await untilSeq(all.got, last)).map(({ seq }) => seq));
      const rest = new Collector<number>();
      const complete = Promise.withResolvers<void>();
      const consumer = await context.bus.consume(
        { durable: 'crash-slow', filters: [filtersOfCrash], ackWaitMs: 1_000, maxInFlight: 500 },
        ({ seq }) => {
          rest.add(seq);
          handled.add(seq);
          if (handled.size >= total.size) complete.resolve();
        },
      );
      if (handled.size < total.size) await complete.promise;
      expect(handled).toEqual(total);
      await consumer.stop();
      await all.consumer.stop();
    });

    it('that a message kills on every delivery is killed no more than maxDeliver times', async () => {
      await context.bus.publish(subjectOf('facts.poison'), { p: 1 });
      const deliveries = new Collector<number>();
      const letters = new Collector<DeadLetter>();
      await alone(async () => {
        for (let run = 1; run <= 3; run++) {
          await runChild('poison', deliveries, (child) =>
            Promise.race([once(child, 'exit'), deliveries.reach(run)]),
          );
        }
      });
      expect(deliveries.items).toEqual([1, 2, 3]);
      // Whoever consumes next finds the message used up.
      const next = await collect(context.bus, {
        durable: 'poisoned',
        filters: ['facts.poison'],
        ackWaitMs: 300,
        maxDeliver: 3,
      });
      const consumer = await context.bus.consume(
        { durable: 'letters-poisoned', filters: [filters.allDeadLetters] },
        ({ subject, data }) => {
          if (subject === 'deadletter.poisoned') letters.add(data);
        },
      );
      const [letter] = await letters.reach(1);
      expect(letter).toMatchObject({
        service: 'poisoned',
        reason: 'max-deliver',
        origin: 'facts.poison',
        body: '{"p":1}',
      });
      expect(next.got.items).toEqual([]);
      await next.consumer.stop();
      await consumer.stop();
    });
  });
}

const filtersOfCrash = filterOf('facts.crash.>');

async function untilLast(got: Collector<{ readonly data: unknown }>, last: number): Promise<number[]> {
  for (let count = 1; ; count = got.items.length + 1) {
    await got.reach(count);
    // The child's payloads are `{ n }`.
    const numbers = got.items.map(({ data }) => (data as { n: number }).n);
    if (numbers.includes(last)) return numbers;
  }
}

async function untilSeq<T extends { readonly seq: number }>(got: Collector<T>, last: number): Promise<T[]> {
  for (let count = 1; ; count = got.items.length + 1) {
    await got.reach(count);
    if (got.items.some(({ seq }) => seq === last)) return got.items;
  }
}
