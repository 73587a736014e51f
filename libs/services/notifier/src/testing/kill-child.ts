import { setTimeout } from 'node:timers/promises';
import { createEmbeddedBus } from '@proxmox-mcp/bus';
import { subjects } from '@proxmox-mcp/schemas';
import { runNotifier } from './run-notifier.ts';
import { sampleIncident } from './samples.ts';

// The process that `kill-nine.test.ts` kills: a whole notifier on the embedded bus, with incidents to tell. Arguments: the
// bus file, the far end, how many incidents, how many messages in all, `notify.yaml` as JSON. Says `settled` once that many
// are settled and nothing waits for a time.
const [file = '', url = '', count = '0', messages = '0', notify = '{}'] = process.argv.slice(2);
const bus = await createEmbeddedBus({ file });
await runNotifier(
  bus,
  { ENABLED_NOTIFIERS: 'webhook', NOTIFY_WEBHOOK_URL: url },
  { breaker: { threshold: 5, baseMs: 20, capMs: 50 }, notify: JSON.parse(notify) },
);
const incidents = await bus.kv('INCIDENTS');
for (let i = 0; i < Number(count); i++) {
  await incidents.put(`inc-${i}`, JSON.stringify(sampleIncident({ id: `inc-${i}` })));
  // The same ids in every life: what was stored before is not stored again.
  await bus.publish(subjects.incident(`inc-${i}`, 'opened'), sampleIncident({ id: `inc-${i}` }), {
    id: `inc-${i}`,
  });
}
const deliveries = await bus.kv('DELIVERIES');
for (;;) {
  const entries = await deliveries.list();
  const receipts = entries.filter(({ key }) => !key.includes('.'));
  const isPending = receipts.some((entry) => entry.value.includes('"pending"'));
  if (entries.length === Number(messages) && receipts.length === Number(messages) && !isPending) break;
  await setTimeout(50);
}
process.stdout.write('settled\n');
