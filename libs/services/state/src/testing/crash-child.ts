import { join } from 'node:path';
import { createEmbeddedBus } from '@proxmox-mcp/bus';
import { filters, subjects, type Incident } from '@proxmox-mcp/schemas';
import { requests } from '@proxmox-mcp/schemas';
import { nightlyBackup, sampleEvent } from './sample-events.ts';
import { startState } from './start-state.ts';

// A process that is killed while it works: `node crash-child.ts <folder> <finish>`. It publishes the same events every time; with
// `finish` it waits until all of them are in the history, prints what became of them and ends.

const [, , folder = '', finish] = process.argv;
const bus = await createEmbeddedBus({ file: join(folder, 'bus.sqlite') });
const service = await startState({ bus, dataDir: folder, instance: `child-${process.pid}` });
process.stdout.write('started\n');

const NIGHTS = 40;
const events = Array.from({ length: NIGHTS }, (_, night) => {
  const start = (0x69b4b314 + night * 86_400).toString(16).toUpperCase();
  const upid = `UPID:pve1:${(0x1000 + night).toString(16).padStart(8, '0')}:0A5C11D3:${start}:vzdump::root@pam:`;
  // Every third night goes well and ends what the two before it began.
  const isGood = night % 3 === 2;
  const job = {
    upid,
    pid: 0x1000 + night,
    from: night * 86_400,
    failed: isGood ? [] : [104],
    ok: isGood ? [101, 104] : [101],
  };
  const guest = { kind: 'qemu', vmid: 1_000 + night } as const;
  const migrate = upid.replace('vzdump:', `qmigrate:${guest.vmid}`);
  const facts = { error: 'no route to host', starttime: night };
  return [
    ...nightlyBackup(job),
    sampleEvent({ type: 'guest.migrate.failed', node: 'pve1', guest, upid: migrate, facts }),
  ];
}).flat();

for (const event of events)
  await bus.publish(subjects.event(event.channel, event.type), event, { id: event.id });

if (finish === 'finish') {
  const expected = new Set(events.map((event) => event.id)).size;
  const stored = async () => {
    let count = 0;
    let cursor: string | undefined;
    do {
      const page = await bus.request(requests.events, {
        limit: 500,
        order: 'oldest',
        ...(cursor === undefined ? {} : { cursor }),
      });
      count += page.items.length;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return count;
  };
  while ((await stored()) < expected) await new Promise((resolve) => setTimeout(resolve, 50));
  const { items } = await bus.request(requests.incidents, { limit: 500 });
  // Stopping waits for what is under way, and the streams then hold all of it.
  await service.stop();
  const told: { subject: string; revision: number }[] = [];
  const tail = await bus.subscribe<Incident>(
    { filters: [filters.allIncidents], from: 0 },
    ({ subject, data }) => {
      told.push({ subject, revision: data.revision });
    },
  );
  const last = await bus.lastSeq('INCIDENTS');
  while (told.length < last) await new Promise((resolve) => setImmediate(resolve));
  await tail.stop();
  const values = await (await bus.kv('INCIDENTS')).list();
  const incidents = items.map(({ id, key, status, occurrences, cause, revision }) => ({
    id,
    key,
    status,
    occurrences,
    cause,
    revision,
  }));
  process.stdout.write(`${JSON.stringify({ events: expected, incidents, told, values: values.length })}\n`);
  await bus.close();
} else {
  // Work goes on in the background until somebody kills us.
  setInterval(() => undefined, 1_000);
}
