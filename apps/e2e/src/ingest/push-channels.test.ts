import { openTestBus } from '@proxmox-mcp/bus/testing';
import { countMetrics, testContext } from '@proxmox-mcp/ingest-kit/testing';
import { SyslogConfig, ingestSyslog } from '@proxmox-mcp/ingest-syslog';
import { WebhookConfig, ingestWebhook } from '@proxmox-mcp/ingest-webhook';
import { createLab, createSteppedClock, scenarioNames, startSenders, type Lab } from '@proxmox-mcp/lab-kit';
import { Inventory, filters, type DeadLetter, type Event } from '@proxmox-mcp/schemas';

const START = Date.UTC(2026, 2, 14, 1, 0, 0);
const TOKEN = 'a-token-of-the-lab';

function inventoryOf(lab: Lab): Inventory {
  const pve = lab.world.sites.map((site) => ({
    id: site.clusterName ?? [...site.nodes.keys()][0],
    product: 'pve',
    cluster: site.clusterName ?? null,
    nodes: [...site.nodes.keys()].map((name) => ({ name })),
  }));
  return Inventory.parse({
    sources: [...pve, { id: lab.pbs.name, product: 'pbs', nodes: [{ name: lab.pbs.name }] }],
  });
}

/** Plays a scenario with syslog and webhooks pointed at the real services, and returns what they stored. */
async function play(scenario: string) {
  const clock = createSteppedClock(START);
  const lab = createLab({ clock, seed: 'push' });
  const t = await openTestBus();
  const inventory = inventoryOf(lab);
  const { metrics, counts } = countMetrics();
  const context = { inventory, metrics, now: () => clock.now() };
  const syslog = ingestSyslog.create(
    testContext(SyslogConfig.parse({ EVENT_SYSLOG_LISTEN_PORT: '0' }), t.bus, context),
  );
  const webhook = ingestWebhook.create(
    testContext(WebhookConfig.parse({ WEBHOOK_PORT: '0', WEBHOOK_IN_TOKEN: TOKEN }), t.bus, context),
  );
  const signal = new AbortController().signal;
  await Promise.all([syslog.start(signal), webhook.start(signal)]);
  const sourceOf = (node: string) =>
    inventory.sources.find((s) => s.nodes.some(({ name }) => name === node))?.id;
  const webhookPort = String(webhook.details?.()['port']);
  const senders = startSenders(lab, {
    syslog: {
      host: '127.0.0.1',
      port: Number(syslog.details?.()['port']),
      transport: 'tcp',
      framing: 'octet',
    },
    webhook: {
      url: (origin) => `http://127.0.0.1:${webhookPort}/hooks/proxmox/${sourceOf(origin.node) ?? 'nobody'}`,
      token: TOKEN,
    },
  });
  const playing = lab.play(scenario);
  let over = false;
  void playing.done.then(() => (over = true));
  for (let i = 0; i < 20_000 && !over; i++) {
    clock.advance(10_000);
    await Promise.resolve();
  }
  await senders.settled();
  const failures = senders.failures();
  await senders.stop();
  await Promise.all([syslog.stop(), webhook.stop()]);
  const events: Event[] = [];
  const letters: DeadLetter[] = [];
  const [lastEvent, lastLetter] = [await t.bus.lastSeq('EVENTS'), await t.bus.lastSeq('DEADLETTER')];
  await t.bus.subscribe({ filters: [filters.allEvents], from: 0 }, ({ data }) => events.push(data));
  await t.bus.subscribe({ filters: [filters.allDeadLetters], from: 0 }, ({ data }) => letters.push(data));
  while (events.length < lastEvent || letters.length < lastLetter) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  await lab.stop();
  await t.close();
  return { over, events, letters, failures, counts };
}

describe('what a lab says by syslog and webhook', () => {
  it.each(scenarioNames())('is all understood in the scenario %s', async (scenario) => {
    const { over, events, letters, failures } = await play(scenario);
    expect({ over, letters, failures }).toEqual({ over: true, letters: [], failures: [] });
    expect(events.length).toBeGreaterThan(0);
    expect(events.filter(({ type }) => type === 'notification.unmapped')).toEqual([]);
    expect(events.filter(({ facts }) => facts['unparsed_body'] === true)).toEqual([]);
  });

  it('tells of one failed backup by both channels, with the same guest and error', async () => {
    const { events } = await play('nightly-backup-failure');
    const failed = events.filter(({ type, node }) => type === 'backup.job.failed' && node === 'pve1');
    expect(failed.map(({ channel }) => channel).sort()).toEqual(['syslog', 'webhook']);
    const [log] = failed.filter(({ channel }) => channel === 'syslog');
    const [hook] = failed.filter(({ channel }) => channel === 'webhook');
    expect(log).toMatchObject({ status: 'job errors', upid: expect.stringContaining(':vzdump:') as string });
    expect(hook?.facts['errors']).toEqual({ '104': 'job failed with err -5 - Input/output error' });
    const guest = events.find(({ type }) => type === 'backup.guest.failed');
    expect(guest).toMatchObject({
      guest: { vmid: 104 },
      facts: { error: 'job failed with err -5 - Input/output error' },
    });
  });
});
