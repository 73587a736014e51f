import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedBus } from '@proxmox-mcp/bus';
import { startWebhookSink } from '@proxmox-mcp/lab-kit';
import { Event, Incident } from '@proxmox-mcp/schemas';
import { createCore } from './core-process.ts';
import { tellNight, TOLD_AT, WORDS } from './same-night.ts';

const OBSERVATIONS = 10_000;
/** Fresh tellings of each way; the rest repeats their ids, over restarts too. */
const COPIES = 100;
const LIVES = 5;

/** Another guest's trouble, after all the rest: whoever was told of it has been told of everything before. */
const LAST = Event.parse({
  id: 'ev-last',
  type: 'guest.migrate.failed',
  severity: 'error',
  product: 'pve',
  channel: 'api',
  source: 'atlas',
  cluster: 'atlas',
  node: 'pve2',
  guest: { kind: 'qemu', vmid: 999 },
  upid: 'UPID:pve2:00001000:00001000:69B4B4E0:qmigrate:999:root@pam:',
  occurredAt: new Date(TOLD_AT).toISOString(),
  receivedAt: new Date(TOLD_AT).toISOString(),
  title: 'Migration of VM 999 failed on pve2',
  facts: { error: 'no route to host' },
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-core-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function incidents(): Promise<Incident[]> {
  const bus = await createEmbeddedBus({ file: join(folder, 'bus.sqlite') });
  const entries = await (await bus.kv('INCIDENTS')).list();
  await bus.close();
  return entries.map(({ value }) => Incident.parse(JSON.parse(value)));
}

it('ten thousand observations of one failure by eight ways, killed once and restarted three times in between: one incident, one message', async () => {
  const told = await tellNight(OBSERVATIONS, COPIES);
  expect(told).toHaveLength(OBSERVATIONS);
  const ids = WORDS.map((word) => new Set(told.filter(({ source }) => source === word).map(({ id }) => id)));
  // What is polled is found again and has its id; a syslog line has 24 facilities.
  expect(ids.map(({ size }) => size)).toEqual([1, 1, 24, COPIES, COPIES, COPIES, COPIES, COPIES]);

  const sink = await startWebhookSink();
  const core = createCore({ folder, webhook: sink.url, aheadMs: TOLD_AT - Date.now() });
  try {
    const share = OBSERVATIONS / LIVES;
    for (let life = 0; life < LIVES; life++) {
      const opened = core.opened();
      core.start();
      const stored = core.publish(told.slice(life * share, (life + 1) * share));
      if (life === 0) {
        // Decided and told nobody: the message waits for the rest of the story.
        await opened;
        await core.kill();
      } else {
        await stored;
        if (life < LIVES - 1) await core.stop();
      }
    }
    await core.publish([LAST]);
    await sink.next(({ body }) => body.includes('VM 999'), 60_000);
    await core.stop();

    const found = await incidents();
    expect(found.map(({ condition }) => condition).sort()).toEqual([
      'backup.job.failed',
      'guest.migrate.failed',
    ]);
    const keys = sink.messages().map(({ headers }) => headers['idempotency-key']);
    expect(keys.sort()).toEqual(found.map(({ id }) => `${id}-opened-webhook`).sort());
  } finally {
    await core.kill();
    await sink.close();
  }
}, 180_000);
