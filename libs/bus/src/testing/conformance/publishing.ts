import { InvalidMessage } from '../../shared/limits.ts';
import { collect, type Context, subjectOf } from './context.ts';

/** What publishing promises. */
export function publishing(context: Context): void {
  describe('publishing', () => {
    it('gives increasing sequences', async () => {
      const a = await context.bus.publish(subjectOf('facts.seq'), { n: 1 });
      const b = await context.bus.publish(subjectOf('facts.seq'), { n: 2 });
      expect(a.duplicate).toBe(false);
      expect(b.seq).toBeGreaterThan(a.seq);
      expect(await context.bus.lastSeq('FACTS')).toBe(b.seq);
    });

    it('stores the same id once', async () => {
      const first = await context.bus.publish(subjectOf('facts.same'), { n: 1 }, { id: 'same' });
      const again = await context.bus.publish(subjectOf('facts.same'), { n: 1 }, { id: 'same' });
      expect(again).toEqual({ seq: first.seq, duplicate: true });
    });

    it('stores the same id once when published twenty times at once', async () => {
      const twenty = Array.from({ length: 20 }, () =>
        context.bus.publish(subjectOf('facts.atonce'), {}, { id: 'at-once' }),
      );
      const answers = await Promise.all(twenty);
      expect(answers.filter((answer) => !answer.duplicate)).toHaveLength(1);
      expect(new Set(answers.map((answer) => answer.seq)).size).toBe(1);
    });

    it('keeps the order of what is published without waiting', async () => {
      const seqs = await Promise.all(
        Array.from({ length: 300 }, (_, n) => context.bus.publish(subjectOf('facts.order'), { n })),
      );
      expect(seqs.map(({ seq }) => seq)).toEqual([...seqs.map(({ seq }) => seq)].sort((a, b) => a - b));
      const { got, consumer } = await collect(context.bus, { durable: 'order', filters: ['facts.order'] });
      const messages = await got.reach(300);
      expect(messages.map((message) => message.data)).toEqual(Array.from({ length: 300 }, (_, n) => ({ n })));
      await consumer.stop();
    });

    it('carries data as JSON does, also beyond ASCII', async () => {
      const data = { text: 'Zürich ⚠ 東京', list: [1, null, true], none: undefined };
      await context.bus.publish(subjectOf('facts.json'), data);
      const { got, consumer } = await collect(context.bus, { durable: 'json', filters: ['facts.json'] });
      const [message] = await got.reach(1);
      expect(message?.data).toEqual({ text: 'Zürich ⚠ 東京', list: [1, null, true] });
      await consumer.stop();
    });

    it('stores several in order, answers each, and names the one it could never carry', async () => {
      const many = [
        { subject: subjectOf('facts.many.a'), data: { n: 1 }, id: 'many-1' },
        { subject: subjectOf('facts.many.b'), data: 'x'.repeat(1_000_001), id: 'many-2' },
        { subject: subjectOf('facts.many.c'), data: { n: 3 }, id: 'many-3' },
        { subject: subjectOf('facts.many.c'), data: { n: 4 } },
      ];
      const [a, b, c, d] = await context.bus.publishAll(many);
      expect(b).toBeInstanceOf(InvalidMessage);
      const seqs = [a, c, d].map((answer) => (answer instanceof InvalidMessage ? 0 : (answer?.seq ?? 0)));
      expect(seqs).toEqual([...seqs].sort((x, y) => x - y));
      expect(new Set(seqs).size).toBe(3);
      expect((await context.bus.publishAll(many))[2]).toEqual({ seq: seqs[1], duplicate: true });
      expect(await context.bus.publishAll([])).toEqual([]);
    });

    it('refuses what it could never carry', async () => {
      const { bus } = context;
      await expect(bus.publish(subjectOf('facts.big'), 'x'.repeat(1_000_001))).rejects.toThrow(
        InvalidMessage,
      );
      await expect(bus.publish(subjectOf('facts.none'), undefined)).rejects.toThrow(InvalidMessage);
      await expect(bus.publish(subjectOf('facts.*'), {})).rejects.toThrow(InvalidMessage);
      await expect(bus.publish(subjectOf('facts.a b'), {})).rejects.toThrow(InvalidMessage);
      await expect(bus.publish(subjectOf('elsewhere.a'), {})).rejects.toThrow(InvalidMessage);
    });

    it('carries a message of the largest size', async () => {
      const text = 'x'.repeat(999_998);
      await context.bus.publish(subjectOf('facts.large'), text);
      const { got, consumer } = await collect(context.bus, { durable: 'large', filters: ['facts.large'] });
      const [message] = await got.reach(1);
      expect(message?.data).toBe(text);
      await consumer.stop();
    });
  });
}
