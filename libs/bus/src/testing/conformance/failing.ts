import { DeadLetter, filters } from '@proxmox-mcp/schemas';
import { type Consumer, type Message, Reject, RetryLater } from '../../bus.ts';
import { Collector, type Context, filterOf, subjectOf } from './context.ts';

/** What durable consumers promise when handlers fail. */
export function failing(context: Context): void {
  const publish = (subject: string, data: unknown = {}) => context.bus.publish(subjectOf(subject), data);

  async function deadLettersOf(
    durable: string,
  ): Promise<{ readonly got: Collector<DeadLetter>; readonly consumer: Consumer }> {
    const got = new Collector<DeadLetter>();
    const consumer = await context.bus.consume(
      { durable: `letters-${durable}`, filters: [filters.allDeadLetters] },
      ({ subject, data }) => {
        if (subject === `deadletter.${durable}`) got.add(data);
      },
    );
    return { got, consumer };
  }

  describe('a handler that fails', () => {
    it('sees the message again after each wait of its backoff', async () => {
      const at = new Collector<number>();
      const options = { durable: 'backoff', filters: [filterOf('facts.backoff')], backoffMs: [100, 250] };
      const consumer = await context.bus.consume(options, ({ deliveries }) => {
        at.add(performance.now());
        if (deliveries < 3) throw new Error('not yet');
      });
      await publish('facts.backoff');
      const [first = 0, second = 0, third = 0] = await at.reach(3);
      // Timers may come a millisecond early.
      expect(second - first).toBeGreaterThanOrEqual(98);
      expect(third - second).toBeGreaterThanOrEqual(248);
      await consumer.stop();
    });

    it('sends the message to the dead letters after its last delivery, with the original', async () => {
      const letters = await deadLettersOf('exhausted');
      const deliveries = new Collector<number>();
      const options = {
        durable: 'exhausted',
        filters: [filterOf('facts.exhausted.*')],
        backoffMs: [10],
        maxDeliver: 3,
      };
      const consumer = await context.bus.consume(options, (message) => {
        deliveries.add(message.deliveries);
        throw new Error('boom');
      });
      await publish('facts.exhausted.one', { q: 1 });
      const [letter] = await letters.got.reach(1);
      expect(letter).toEqual({
        service: 'exhausted',
        stage: 'handle',
        reason: 'max-deliver',
        detail: 'boom',
        origin: 'facts.exhausted.one',
        body: '{"q":1}',
        truncated: false,
        at: letter?.at,
      });
      expect(DeadLetter.parse(letter)).toEqual(letter);
      expect(deliveries.items).toEqual([1, 2, 3]);
      await consumer.stop();
      await letters.consumer.stop();
    });

    it('sends a rejected message to the dead letters at once', async () => {
      const letters = await deadLettersOf('rejecting');
      const deliveries = new Collector<number>();
      const options = { durable: 'rejecting', filters: [filterOf('facts.rejecting')] };
      const consumer = await context.bus.consume(options, (message) => {
        deliveries.add(message.deliveries);
        throw new Reject('bad-shape', 'no vmid in it');
      });
      await publish('facts.rejecting', 'x');
      const [letter] = await letters.got.reach(1);
      expect(letter).toMatchObject({ reason: 'bad-shape', detail: 'no vmid in it', body: '"x"' });
      expect(deliveries.items).toEqual([1]);
      await consumer.stop();
      await letters.consumer.stop();
    });

    it('sees the message again not before the delay it asked for', async () => {
      const at = new Collector<number>();
      const options = { durable: 'later', filters: [filterOf('facts.later')], backoffMs: [1] };
      const consumer = await context.bus.consume(options, ({ deliveries }) => {
        at.add(performance.now());
        if (deliveries === 1) throw new RetryLater(200, 'quiet hours');
      });
      await publish('facts.later');
      const [first = 0, second = 0] = await at.reach(2);
      expect(second - first).toBeGreaterThanOrEqual(198);
      await consumer.stop();
    });

    it('may ask for a delay in fractions, or beyond all bounds, and holds nobody up by it', async () => {
      const seen = new Collector<unknown>();
      const options = { durable: 'fraction', filters: [filterOf('facts.fraction')], maxInFlight: 4 };
      const consumer = await context.bus.consume(options, ({ data, deliveries }) => {
        if (data === 'for ever') throw new RetryLater(Number.POSITIVE_INFINITY, 'not today');
        if (data === 'no number') throw new RetryLater(deliveries === 1 ? Number.NaN : 86_400_000, 'odd');
        if (data === 'fraction' && deliveries === 1) throw new RetryLater(100 / 3, 'jitter');
        seen.add([data, deliveries]);
      });
      for (const data of ['for ever', 'no number', 'fraction']) await publish('facts.fraction', data);
      expect(await seen.reach(1)).toEqual([['fraction', 2]]);
      await publish('facts.fraction', 'next');
      expect(await seen.reach(2)).toEqual([
        ['fraction', 2],
        ['next', 1],
      ]);
      await consumer.stop();
    });

    it('is taken for hung after the ack wait, and at last the message goes to the dead letters', async () => {
      const letters = await deadLettersOf('hung');
      const deliveries = new Collector<number>();
      const options = { durable: 'hung', filters: [filterOf('facts.hung')], ackWaitMs: 200, maxDeliver: 2 };
      const consumer = await context.bus.consume(options, (message) => {
        deliveries.add(message.deliveries);
        return new Promise<void>(() => {});
      });
      await publish('facts.hung', { h: 1 });
      const [letter] = await letters.got.reach(1);
      expect(letter).toMatchObject({
        service: 'hung',
        reason: 'max-deliver',
        origin: 'facts.hung',
        body: '{"h":1}',
      });
      expect(deliveries.items).toEqual([1, 2]);
      await consumer.stop();
      await letters.consumer.stop();
    });

    it('does not keep the others back', async () => {
      const seen = new Collector<unknown>();
      const options = { durable: 'others', filters: [filterOf('facts.others')], backoffMs: [60_000] };
      const consumer = await context.bus.consume(options, ({ data }: Message<unknown>) => {
        if (data === 'bad') throw new Error('boom');
        seen.add(data);
      });
      await publish('facts.others', 'bad');
      await publish('facts.others', 'good');
      expect(await seen.reach(1)).toEqual(['good']);
      await consumer.stop();
    });

    it('on dead letters makes no new ones', async () => {
      const tries = new Collector<string>();
      const letters = await context.bus.consume(
        { durable: 'bad-reader', filters: [filterOf('deadletter.feeding')], maxDeliver: 1 },
        ({ subject }) => {
          tries.add(subject);
          throw new Error('cannot read it');
        },
      );
      const feeding = await context.bus.consume(
        { durable: 'feeding', filters: [filterOf('facts.feeding')] },
        () => {
          throw new Reject('bad', 'for the dead letters');
        },
      );
      await publish('facts.feeding');
      await tries.reach(1);
      const last = await context.bus.lastSeq('DEADLETTER');
      await publish('facts.feeding');
      await tries.reach(2);
      expect(await context.bus.lastSeq('DEADLETTER')).toBe(last + 1);
      await letters.stop();
      await feeding.stop();
    });
  });
}
