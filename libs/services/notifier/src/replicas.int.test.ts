import { type Bus, openBus } from '@proxmox-mcp/bus';
import { describeWithNats, startNatsServer, type TestNatsServer } from '@proxmox-mcp/bus/testing';
import {
  DeliveryReceipt,
  type Incident,
  type IncidentTransition,
  requests,
  subjects,
} from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { type FarEnd, openFarEnd } from './testing/far-end.ts';
import { runNotifier, until } from './testing/run-notifier.ts';
import { sampleIncident, sampleResolved } from './testing/samples.ts';

const notify = {
  quiet_hours: [{ from: '22:00', to: '07:00', max_severity: 'warning' }],
  routes: [{ name: 'all', ladder: [{ after: '10m', channels: ['webhook'] }] }],
};

await describeWithNats('two notifiers over NATS', (program) => {
  let server: TestNatsServer;
  let hook: FarEnd;
  const buses: Bus[] = [];
  const services: Service[] = [];
  let now: number;
  beforeEach(async () => {
    now = Date.parse('2026-03-14T23:00:00.000Z');
    hook = await openFarEnd();
    server = await startNatsServer(program);
    for (const instance of ['one', 'two']) {
      const bus = await openBus({ dataDir: '/nonexistent', natsUrl: [server.url] }, { name: instance });
      buses.push(bus);
      const env = { ENABLED_NOTIFIERS: 'webhook', NOTIFY_WEBHOOK_URL: hook.url };
      services.push(await runNotifier(bus, env, { notify, instance, now: () => now }));
    }
  });
  afterEach(async () => {
    for (const service of services.splice(0)) await service.stop();
    for (const bus of buses.splice(0)) await bus.close();
    await server.stop();
    await hook.close();
  });

  const bus = () => buses[0] as Bus;
  async function tell(incident: Incident, transition: IncidentTransition): Promise<void> {
    await (await bus().kv('INCIDENTS')).put(incident.id, JSON.stringify(incident));
    await bus().publish(subjects.incident(incident.id, transition), incident, {
      id: `${incident.id}-${transition}-${incident.revision}`,
    });
  }
  async function receiptIs(id: string, holds: (receipt: DeliveryReceipt) => boolean): Promise<void> {
    const kv = await bus().kv('DELIVERIES');
    await until(
      async () => {
        const entry = await kv.get(id);
        return entry === undefined ? undefined : DeliveryReceipt.parse(JSON.parse(entry.value));
      },
      (receipt) => receipt !== undefined && holds(receipt),
    );
  }
  const nothingWaits = async () => {
    const kv = await bus().kv('DELIVERIES');
    await until(
      () => kv.list('due'),
      (entries) => entries.length === 0,
    );
  };
  const told = () => hook.requests.map(({ headers }) => String(headers['idempotency-key']));

  it('climb one ladder, and tell one digest, once', async () => {
    await tell(sampleIncident(), 'opened');
    await receiptIs('inc-1-opened-webhook', ({ status }) => status === 'sent');
    for (const id of ['inc-2', 'inc-3']) {
      await tell(sampleIncident({ id, severity: 'warning' }), 'opened');
      await receiptIs(`${id}-opened-webhook`, ({ reason }) => reason === 'quiet-hours');
    }
    now += 10 * 60_000;
    await receiptIs('inc-1-step1-webhook', ({ status }) => status === 'sent');
    await tell(sampleResolved({ id: 'inc-2', severity: 'warning' }), 'resolved');
    await receiptIs('inc-2-resolved-webhook', ({ status }) => status === 'pending');
    now = Date.parse('2026-03-15T07:00:00.000Z');
    await until(told, (ids) => ids.length === 3);
    await tell(sampleResolved({ id: 'inc-3', severity: 'warning' }), 'resolved');
    await receiptIs('inc-3-resolved-webhook', ({ status }) => status === 'sent');
    // Its ladder began with the digest, and ends as it is over.
    now += 10 * 60_000;
    await nothingWaits();
    expect(told()).toEqual([
      'inc-1-opened-webhook',
      'inc-1-step1-webhook',
      expect.stringMatching(/^digest-[0-9a-f]{16}-webhook$/),
      'inc-3-resolved-webhook',
    ]);
  });

  it('know of a silence that the other one was asked for', async () => {
    for (let i = 0; i < 4; i++) {
      const made = await bus().request(requests.silence, {
        op: 'add',
        by: 'alice',
        id: `sil-${i}`,
        match: { node: `pve${i}` },
        until: '2026-03-15T12:00:00.000Z',
        reason: 'test',
      });
      expect(made.ok).toBe(true);
    }
    for (let i = 0; i < 4; i++) {
      await tell(sampleIncident({ id: `inc-${i}`, node: `pve${i}` }), 'opened');
      await receiptIs(`inc-${i}-opened-webhook`, ({ reason }) => reason === 'silenced');
    }
    expect(told()).toEqual([]);
  });
});
