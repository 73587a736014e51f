import type { Bus } from '../bus.ts';
import { consuming } from './conformance/consuming.ts';
import type { BusUnderTest, Context } from './conformance/context.ts';
import { crashing } from './conformance/crashing.ts';
import { failing } from './conformance/failing.ts';
import { keyValue } from './conformance/key-value.ts';
import { publishing } from './conformance/publishing.ts';
import { requesting } from './conformance/requesting.ts';
import { subscribing } from './conformance/subscribing.ts';

/**
 * The contract of the bus as tests. Every driver's own test calls it.
 *
 * @param start starts what the driver needs; called once, before the first test.
 */
export function busConformance(name: string, start: () => Promise<BusUnderTest>): void {
  describe(`${name} keeps the contract of the bus:`, () => {
    let target: BusUnderTest | undefined;
    let bus: Bus | undefined;
    const context: Context = {
      get bus() {
        if (bus === undefined) throw new Error('the bus is not open');
        return bus;
      },
      get target() {
        if (target === undefined) throw new Error('the driver is not started');
        return target;
      },
      async reopen() {
        await bus?.close();
        bus = await target?.open();
      },
      async close() {
        await bus?.close();
        bus = undefined;
      },
    };
    beforeAll(async () => {
      target = await start();
      bus = await target.open();
    }, 240_000);
    afterAll(async () => {
      await bus?.close();
      await target?.stop();
    });

    it('tells how it is', () => {
      const { connected, description, outbox } = context.bus.health();
      expect({ connected, outbox }).toEqual({ connected: true, outbox: 0 });
      expect(description).toMatch(/^(embedded|nats \d+\.\d+\.\d+)$/);
    });
    publishing(context);
    consuming(context);
    failing(context);
    subscribing(context);
    keyValue(context);
    requesting(context);
    crashing(context);

    it('refuses everything after close, which is safe twice', async () => {
      const closed = context.bus;
      await context.close();
      await closed.close();
      expect(closed.health().connected).toBe(false);
      await expect(closed.lastSeq('FACTS')).rejects.toThrow(/closed/);
      await context.reopen();
    });
  });
}
