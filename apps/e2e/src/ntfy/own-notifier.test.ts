import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import {
  countMetrics,
  describeWithNtfy,
  startNtfyServer,
  testContext,
  type TestNtfyServer,
} from '@proxmox-mcp/ingest-kit/testing';
import { createIngestNtfy, NtfyConfig } from '@proxmox-mcp/ingest-ntfy';
import { runNotifier, sampleIncident, sampleResolved, until } from '@proxmox-mcp/notifier/testing';
import {
  Inventory,
  SourceState,
  stateKeys,
  subjects,
  type Incident,
  type IncidentTransition,
} from '@proxmox-mcp/schemas';

const TOPIC = 'alerts';
const INVENTORY = Inventory.parse({ sources: [{ id: 'atlas', product: 'pve', nodes: [{ name: 'pve1' }] }] });

await describeWithNtfy('a notifier and a reader of one topic', (program) => {
  let ntfy: TestNtfyServer;
  let t: TestBus;
  beforeAll(async () => {
    ntfy = await startNtfyServer(program, { onlyWithToken: [TOPIC] });
    t = await openTestBus();
  });
  afterAll(async () => {
    await t.close();
    await ntfy.stop();
  });

  async function tell(incident: Incident, transition: IncidentTransition): Promise<void> {
    await (await t.bus.kv('INCIDENTS')).put(incident.id, JSON.stringify(incident));
    const id = `${incident.id}-${transition}`;
    await t.bus.publish(subjects.incident(incident.id, transition), incident, { id });
  }

  it('the real server takes what the notifier publishes, and the reader does not take it for an event', async () => {
    const { metrics, counts } = countMetrics();
    const config = NtfyConfig.parse({
      NTFY_IN_SERVER_URL: ntfy.url,
      NTFY_IN_TOPICS: TOPIC,
      NTFY_IN_TOKEN: ntfy.token,
    });
    const reader = createIngestNtfy(testContext(config, t.bus, { inventory: INVENTORY, metrics }));
    await reader.start(new AbortController().signal);
    const notifier = await runNotifier(t.bus, {
      ENABLED_NOTIFIERS: 'ntfy',
      NTFY_SERVER_URL: ntfy.url,
      NTFY_TOPIC: TOPIC,
      NTFY_TOKEN: ntfy.token,
      NOTIFY_LINK_BASE: 'https://mcp.example.net',
    });
    try {
      await until(
        async () => {
          const entry = await (await t.bus.kv('STATE')).get(stateKeys.source('ingest-ntfy'));
          return entry && SourceState.parse(JSON.parse(entry.value)).status;
        },
        (status) => status === 'ok',
      );
      // Whatever a guest is called and however long its story is, the server takes it.
      const guest = { kind: 'qemu', vmid: 104, name: '@everyone *[db](http://x)*\n"' } as const;
      const cause = 'because of "quotes", ünïcode 😀 and more '.repeat(100);
      const sent = (count: number) =>
        until(
          async () => (await (await t.bus.kv('DELIVERIES')).list()).map(({ value }) => JSON.parse(value)),
          (all) => all.length === count && all.every((receipt) => receipt.status === 'sent'),
        );
      await tell(sampleIncident({ guest, cause }), 'opened');
      await sent(1);
      await tell(sampleResolved({ guest, cause }), 'resolved');
      const receipts = await sent(2);
      expect(receipts.map(({ remoteId }) => remoteId)).toEqual([expect.any(String), expect.any(String)]);
      await until(
        () => counts.get('ingest_ignored_total{channel=ntfy,reason=own-notification}'),
        (ignored) => ignored === 2,
      );
      expect(await t.bus.lastSeq('EVENTS')).toBe(0);

      const headers = { authorization: `Bearer ${ntfy.token}` };
      const kept = await (await fetch(`${ntfy.url}/${TOPIC}/json?poll=1`, { headers })).text();
      const messages = kept
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(messages.map(({ id }) => id).sort()).toEqual(receipts.map(({ remoteId }) => remoteId).sort());
      expect(messages[0]).toMatchObject({
        tags: expect.arrayContaining(['proxmox-mcp', 'kind-opened']),
        priority: 4,
        actions: [
          { action: 'http', label: 'Acknowledge', method: 'POST' },
          { action: 'http', label: 'Silence 1 h', method: 'POST' },
        ],
      });
      // Servers before 2.16 know no sequences and say nothing of them; the others give both messages the same.
      expect(messages[1].sequence_id).toBe(messages[0].sequence_id);
      expect([undefined, 'inc-1']).toContain(messages[0].sequence_id);
    } finally {
      await notifier.stop();
      await reader.stop();
    }
  });
});
