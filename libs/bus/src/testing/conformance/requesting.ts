import type { RequestSubject } from '@proxmox-mcp/schemas';
import { NoAnswer } from '../../bus.ts';
import type { Context } from './context.ts';

const requestOf = <Q, A>(text: string) => text as RequestSubject<Q, A>;

/** What questions and answers promise. */
export function requesting(context: Context): void {
  describe('requests', () => {
    it('brings the answer', async () => {
      const subject = requestOf<{ a: number; b: number }, number>('test.add');
      const answering = await context.bus.answer(subject, 'adder', async ({ a, b }) => a + b);
      expect(await context.bus.request(subject, { a: 2, b: 3 })).toBe(5);
      await answering.stop();
      await expect(context.bus.request(subject, { a: 2, b: 3 })).rejects.toThrow(NoAnswer);
    });

    it('says at once that nobody listens', async () => {
      const started = performance.now();
      await expect(context.bus.request(requestOf('test.nobody'), {})).rejects.toThrow(/nobody listens/);
      expect(performance.now() - started).toBeLessThan(2_000);
    });

    it('brings the message of what the handler threw', async () => {
      const subject = requestOf<string, string>('test.throws');
      const answering = await context.bus.answer(subject, 'thrower', () => {
        throw new Error('no such incident');
      });
      const asking = context.bus.request(subject, 'x');
      await expect(asking).rejects.toThrow(NoAnswer);
      await expect(asking).rejects.toThrow('no such incident');
      await answering.stop();
    });

    it('gives up after the time given', async () => {
      const subject = requestOf<string, string>('test.slow');
      const release = Promise.withResolvers<string>();
      const answering = await context.bus.answer(subject, 'slow', () => release.promise);
      await expect(context.bus.request(subject, 'x', { timeoutMs: 50 })).rejects.toThrow(/within 50 ms/);
      release.resolve('late');
      await answering.stop();
    });

    it('divides the questions among replicas: each is answered once', async () => {
      const subject = requestOf<number, string>('test.shared');
      const answered = { a: 0, b: 0 };
      const replicas = [
        await context.bus.answer(subject, 'pair', () => `a${++answered.a}`),
        await context.bus.answer(subject, 'pair', () => `b${++answered.b}`),
      ];
      await Promise.all(Array.from({ length: 40 }, (_, n) => context.bus.request(subject, n)));
      expect(answered.a + answered.b).toBe(40);
      expect(Math.min(answered.a, answered.b)).toBeGreaterThan(0);
      for (const replica of replicas) await replica.stop();
    });
  });
}
