import { Collector, collect, type Context, filterOf, subjectOf } from './context.ts';

/** What durable consumers promise while handlers succeed. */
export function consuming(context: Context): void {
  const publish = (subject: string, data: unknown = {}) => context.bus.publish(subjectOf(subject), data);
  const many = (subject: string, count: number) =>
    Promise.all(Array.from({ length: count }, (_, n) => publish(subject, { n })));

  describe('consuming', () => {
    it('gives a new durable what was there before, in order', async () => {
      const published = await many('facts.backlog', 100);
      const { got, consumer } = await collect(context.bus, {
        durable: 'backlog',
        filters: ['facts.backlog'],
      });
      const messages = await got.reach(100);
      expect(messages.map(({ seq }) => seq)).toEqual(published.map(({ seq }) => seq));
      expect(messages[0]).toMatchObject({
        stream: 'FACTS',
        subject: 'facts.backlog',
        data: { n: 0 },
        deliveries: 1,
      });
      await consumer.stop();
    });

    it('gives a durable that starts with the new only what comes after', async () => {
      await publish('facts.fresh', 'before');
      const options = { durable: 'fresh', filters: ['facts.fresh'], startFrom: 'new' } as const;
      const { got, consumer } = await collect(context.bus, options);
      await publish('facts.fresh', 'after');
      const messages = await got.reach(1);
      expect(messages.map(({ data }) => data)).toEqual(['after']);
      await consumer.stop();
    });

    it('understands * as one token and > as the rest', async () => {
      const one = await collect(context.bus, { durable: 'star', filters: ['facts.x.*.up'] });
      const rest = await collect(context.bus, { durable: 'rest', filters: ['facts.x.>'] });
      for (const subject of ['facts.x.1.up', 'facts.x.1.2.up', 'facts.x.1.down', 'facts.x', 'facts.x.2.up'])
        await publish(subject);
      expect((await rest.got.reach(4)).map(({ subject }) => subject)).toEqual([
        'facts.x.1.up',
        'facts.x.1.2.up',
        'facts.x.1.down',
        'facts.x.2.up',
      ]);
      expect((await one.got.reach(2)).map(({ subject }) => subject)).toEqual([
        'facts.x.1.up',
        'facts.x.2.up',
      ]);
      await one.consumer.stop();
      await rest.consumer.stop();
    });

    it('takes several filters', async () => {
      const { got, consumer } = await collect(context.bus, {
        durable: 'several',
        filters: ['facts.m.a', 'facts.m.b'],
      });
      for (const subject of ['facts.m.a', 'facts.m.c', 'facts.m.b']) await publish(subject);
      expect((await got.reach(2)).map(({ subject }) => subject)).toEqual(['facts.m.a', 'facts.m.b']);
      await consumer.stop();
    });

    it('refuses filters of two streams', async () => {
      const filters = ['facts.>', 'events.>'];
      await expect(collect(context.bus, { durable: 'two-streams', filters })).rejects.toThrow(
        /not of one stream/,
      );
    });

    it('divides the messages of one durable among its workers', async () => {
      const [a, b] = [new Collector<number>(), new Collector<number>()];
      const all = new Collector<number>();
      const options = { durable: 'shared', filters: [filterOf('facts.shared')], maxInFlight: 8 };
      const work = (mine: Collector<number>) => async (message: { readonly seq: number }) => {
        await new Promise((resolve) => setImmediate(resolve));
        mine.add(message.seq);
        all.add(message.seq);
      };
      const first = await context.bus.consume(options, work(a));
      const second = await context.bus.consume(options, work(b));
      await many('facts.shared', 200);
      const seqs = await all.reach(200);
      expect(new Set(seqs).size).toBe(200);
      expect(a.items.length).toBeGreaterThan(0);
      expect(b.items.length).toBeGreaterThan(0);
      await first.stop();
      await second.stop();
    });

    it('gives every durable everything', async () => {
      const a = await collect(context.bus, { durable: 'every-a', filters: ['facts.every'] });
      const b = await collect(context.bus, { durable: 'every-b', filters: ['facts.every'] });
      await many('facts.every', 50);
      expect(new Set((await a.got.reach(50)).map(({ seq }) => seq)).size).toBe(50);
      expect(new Set((await b.got.reach(50)).map(({ seq }) => seq)).size).toBe(50);
      await a.consumer.stop();
      await b.consumer.stop();
    });

    it('handles no more at one time than it may', async () => {
      let running = 0;
      let most = 0;
      const done = new Collector<number>();
      const options = { durable: 'bounded', filters: [filterOf('facts.bounded')], maxInFlight: 5 };
      const consumer = await context.bus.consume(options, async (message) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 2));
        running -= 1;
        done.add(message.seq);
      });
      await many('facts.bounded', 60);
      await done.reach(60);
      expect(most).toBe(5);
      await consumer.stop();
    });

    it('keeps the order with one in flight, also over a retry', async () => {
      const seen = new Collector<unknown>();
      const options = {
        durable: 'in-order',
        filters: [filterOf('facts.inorder')],
        maxInFlight: 1,
        backoffMs: [20],
      };
      const consumer = await context.bus.consume(options, (message) => {
        seen.add(message.data);
        if (message.deliveries === 1) throw new Error('not yet');
      });
      await many('facts.inorder', 3);
      expect(await seen.reach(6)).toEqual([{ n: 0 }, { n: 0 }, { n: 1 }, { n: 1 }, { n: 2 }, { n: 2 }]);
      await consumer.stop();
    });

    it('goes on where it was after close and reopen, nothing twice', async () => {
      const before = await collect(context.bus, { durable: 'again', filters: ['facts.again'] });
      await many('facts.again', 30);
      await before.got.reach(30);
      await context.reopen();
      const after = await collect(context.bus, { durable: 'again', filters: ['facts.again'] });
      await publish('facts.again', 'last');
      const messages = await after.got.reach(1);
      expect(messages.map(({ data }) => data)).toEqual(['last']);
      await after.consumer.stop();
    });

    it('hands over to the next consumer without waiting when stopped under load', async () => {
      // Large ones, so that some are still on their way when the first has come.
      const total = 400;
      const text = 'x'.repeat(20_000);
      await Promise.all(Array.from({ length: total }, (_, n) => publish('facts.handover', { n, text })));
      const seen = new Set<number>();
      const options = { durable: 'handover', filters: ['facts.handover'], ackWaitMs: 60_000 };
      for (let round = 0; round < 3; round++) {
        const { got, consumer } = await collect(context.bus, options);
        await got.reach(1);
        await consumer.stop();
        for (const { seq } of got.items) seen.add(seq);
      }
      const { got, consumer } = await collect(context.bus, options);
      await got.reach(total - seen.size);
      await consumer.stop();
      for (const { seq } of got.items) seen.add(seq);
      expect(seen.size).toBe(total);
    });
  });
}
