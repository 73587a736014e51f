import { join } from 'node:path';
import { createEmbeddedBus } from '@proxmox-mcp/bus';
import { testContext } from '@proxmox-mcp/ingest-kit/testing';
import { runNotifier } from '@proxmox-mcp/notifier/testing';
import { filters, subjects } from '@proxmox-mcp/schemas';
import { state } from '@proxmox-mcp/state';
import type { FromCore, ToCore } from './core-process.ts';

// A process that is there to be killed: `state` and `notifier` as they run, on one embedded bus, told by its parent what the ways in
// have read. Arguments: the data folder, the webhook, milliseconds its clock is ahead of the machine's, settings as JSON.
const [folder = '', webhook = '', aheadMs = '0', settings = '{}'] = process.argv.slice(2);
const now = () => Date.now() + Number(aheadMs);
const instance = `core-${process.pid}`;
const say = (word: FromCore) => void process.send?.(word);

const bus = await createEmbeddedBus({ file: join(folder, 'bus.sqlite') });
const services = [
  state.create(testContext(state.config.parse({}), bus, { dataDir: folder, instance, now })),
  await runNotifier(
    bus,
    // Written by our own parent.
    { ENABLED_NOTIFIERS: 'webhook', NOTIFY_WEBHOOK_URL: webhook, ...(JSON.parse(settings) as object) },
    {
      now,
      breaker: { threshold: 5, baseMs: 20, capMs: 50 },
      retry: { baseMs: 5, capMs: 20, giveUpAfterMs: 60_000, busyMs: 500 },
      agenda: { everyMs: 5_000, leaseTtlMs: 15_000 },
    },
  ),
];
await services[0]?.start(new AbortController().signal);
await bus.subscribe({ filters: [filters.allIncidents], from: 'new' }, ({ subject, data }) => {
  if (subject === subjects.incident(data.id, 'opened')) say({ opened: data.id });
});

process.on('message', (word: ToCore) => {
  if ('stop' in word) void stop();
  else void store(word);
});
// Nobody is left behind by a parent that died.
process.once('disconnect', () => process.exit());
say({ started: true });

async function store({ publish, batch }: Extract<ToCore, { batch: number }>): Promise<void> {
  await bus.publishAll(
    publish.map((event) => ({
      subject: subjects.event(event.channel, event.type),
      data: event,
      id: event.id,
    })),
  );
  say({ stored: batch });
}

async function stop(): Promise<void> {
  for (const service of services.reverse()) await service.stop();
  await bus.close();
  process.disconnect?.();
}
