import type { Bus } from '../../bus.ts';
import { createEmbeddedBus } from '../../embedded/embedded-bus.ts';
import { createNatsBus } from '../../nats/nats-bus.ts';
import { filterOf, subjectOf } from './context.ts';

/**
 * A process to be killed. Arguments: driver, where, and the job, or for the driver `outbox` its file. It tells its parent a number for everything done.
 */
const [driver, where = '', job] = process.argv.slice(2);
const bus = await open();
const tell = (n: number) => void process.send?.(n);

function open(): Promise<Bus> {
  if (driver === 'embedded') return createEmbeddedBus({ file: where });
  const common = { servers: where, name: 'crash-child' };
  return createNatsBus(driver === 'outbox' && job !== undefined ? { ...common, outboxFile: job } : common);
}

if (driver === 'outbox') {
  for (let n = 0; ; n++) {
    await bus.publish(subjectOf('events.out'), n, { id: `out-${n}` });
    tell(n);
  }
} else if (job === 'publish') {
  // The same ids in every run: what an earlier run stored counts once.
  let next = 0;
  const one = async () => {
    for (;;) {
      const n = next++;
      await bus.publish(subjectOf(`facts.crash.${n % 7}`), { n }, { id: `crash-${n}` });
      tell(n);
    }
  };
  for (let i = 0; i < 50; i++) void one();
} else if (job === 'consume') {
  await bus.consume(
    { durable: 'crash-slow', filters: [filterOf('facts.crash.>')], ackWaitMs: 1_000, maxInFlight: 20 },
    async ({ seq }) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      tell(seq);
    },
  );
} else {
  await bus.consume(
    {
      durable: 'poisoned',
      filters: [filterOf('facts.poison')],
      ackWaitMs: 300,
      maxDeliver: 3,
      backoffMs: [20],
    },
    async ({ deliveries }) => {
      await new Promise((resolve) => process.send?.(deliveries, resolve));
      process.kill(process.pid, 'SIGKILL');
      await new Promise(() => {});
    },
  );
}
