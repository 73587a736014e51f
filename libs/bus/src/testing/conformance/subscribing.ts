import type { Message } from '../../bus.ts';
import { Collector, type Context, filterOf, subjectOf } from './context.ts';

/** What subscriptions promise. */
export function subscribing(context: Context): void {
  const publish = (subject: string, data: unknown = {}) => context.bus.publish(subjectOf(subject), data);
  const subscribe = async (filters: string[], from: 'new' | number) => {
    const got = new Collector<Message<unknown>>();
    const subscription = await context.bus.subscribe({ filters: filters.map(filterOf), from }, (message) =>
      got.add(message),
    );
    return { got, subscription };
  };

  describe('subscribing', () => {
    it('from now on gives nothing of before', async () => {
      await publish('events.tail.a', 'before');
      const { got, subscription } = await subscribe(['events.tail.>'], 'new');
      await publish('events.other', 'elsewhere');
      await publish('events.tail.b', 'after');
      const messages = await got.reach(1);
      expect(messages).toMatchObject([{ stream: 'EVENTS', subject: 'events.tail.b', data: 'after' }]);
      await subscription.stop();
    });

    it('from a sequence gives everything after it once and in order, while more is published', async () => {
      const publishMany = (first: number) =>
        Promise.all(Array.from({ length: 500 }, (_, n) => publish('events.gapless', first + n)));
      const before = await publishMany(0);
      const from = before[99]?.seq ?? 0;
      const meanwhile = publishMany(500);
      const { got, subscription } = await subscribe(['events.gapless'], from);
      const after = publishMany(1_000);
      const messages = await got.reach(1_400);
      await Promise.all([meanwhile, after]);
      expect(messages.map(({ data }) => data)).toEqual(Array.from({ length: 1_400 }, (_, n) => 100 + n));
      await subscription.stop();
    });

    it('gives every subscriber everything, and nothing after stop', async () => {
      const a = await subscribe(['events.both'], 'new');
      const b = await subscribe(['events.both'], 'new');
      await publish('events.both', 1);
      await a.got.reach(1);
      await b.got.reach(1);
      await a.subscription.stop();
      await publish('events.both', 2);
      await b.got.reach(2);
      expect(a.got.items.map(({ data }) => data)).toEqual([1]);
      await b.subscription.stop();
    });

    it('goes on after a message that the subscriber threw on', async () => {
      const seen = new Collector<unknown>();
      const subscription = await context.bus.subscribe(
        { filters: [filterOf('events.thrower')], from: 'new' },
        ({ data }) => {
          seen.add(data);
          if (data === 1) throw new Error('must not, but did');
        },
      );
      await publish('events.thrower', 1);
      await publish('events.thrower', 2);
      expect(await seen.reach(2)).toEqual([1, 2]);
      await subscription.stop();
    });
  });
}
