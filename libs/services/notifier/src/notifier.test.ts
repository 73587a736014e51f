import type { Bus } from '@proxmox-mcp/bus';
import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import {
  DeliveryReceipt,
  filters,
  type Incident,
  subjects,
  type IncidentTransition,
} from '@proxmox-mcp/schemas';
import { actSecret, readAct, type Service } from '@proxmox-mcp/service-kit';
import { type FarEnd, openFarEnd } from './testing/far-end.ts';
import { countMetrics, runNotifier, until } from './testing/run-notifier.ts';
import { sampleIncident, sampleNotification, sampleResolved } from './testing/samples.ts';

let t: TestBus;
let hook: FarEnd;
let rings: FarEnd;
let service: Service | undefined;
beforeEach(async () => {
  t = await openTestBus();
  hook = await openFarEnd();
  rings = await openFarEnd();
});
afterEach(async () => {
  await service?.stop();
  service = undefined;
  await t.close();
  await hook.close();
  await rings.close();
});

const one = () => ({ ENABLED_NOTIFIERS: 'webhook', NOTIFY_WEBHOOK_URL: hook.url });
const two = () => ({
  ENABLED_NOTIFIERS: 'WEBHOOK,GOTIFY_OUT',
  NOTIFY_WEBHOOK_URL: hook.url,
  GOTIFY_OUT_SERVER_URL: rings.url,
  GOTIFY_OUT_APP_TOKEN: 'A-token',
});

/** Publishes as `state` does: key-value first, then the transition. */
async function tell(bus: Bus, incident: Incident, transition: IncidentTransition): Promise<void> {
  const kv = await bus.kv('INCIDENTS');
  await kv.put(incident.id, JSON.stringify(incident));
  await bus.publish(subjects.incident(incident.id, transition), incident, {
    id: `${incident.id}-${transition}-${incident.revision}`,
  });
}
async function receipt(id: string): Promise<DeliveryReceipt | undefined> {
  const entry = await (await t.bus.kv('DELIVERIES')).get(id);
  return entry === undefined ? undefined : DeliveryReceipt.parse(JSON.parse(entry.value));
}
const settled = (id: string) =>
  until(
    () => receipt(id),
    (r) => r !== undefined && r.status !== 'pending',
  );
const ids = (end: FarEnd) => end.requests.map((request) => JSON.parse(request.body).id as string);

describe('an incident', () => {
  it('is told once to each channel, and its end once to those that were told', async () => {
    service = await runNotifier(t.bus, two());
    await tell(t.bus, sampleIncident(), 'opened');
    await tell(t.bus, sampleIncident({ revision: 2, occurrences: 2 }), 'updated');
    expect(await settled('inc-1-opened-webhook')).toMatchObject({
      status: 'sent',
      attempts: 1,
      incidentId: 'inc-1',
    });
    expect(await settled('inc-1-opened-gotify')).toMatchObject({ status: 'sent' });
    await tell(t.bus, sampleResolved({ revision: 3 }), 'resolved');
    await settled('inc-1-resolved-webhook');
    await settled('inc-1-resolved-gotify');
    expect(ids(hook)).toEqual(['inc-1-opened-webhook', 'inc-1-resolved-webhook']);
    expect(rings.requests).toHaveLength(2);
    expect(JSON.parse(rings.requests[1]?.body ?? '').title).toBe(
      'RESOLVED: Backup job backup-7c1e failed on pve1',
    );
  });

  it('is told its end in the place of its opening where the channel can', async () => {
    rings.answer({ status: 200, body: '{"id":"77"}' });
    service = await runNotifier(t.bus, {
      ENABLED_NOTIFIERS: 'discord',
      DISCORD_OUT_WEBHOOK_URL: `${rings.url}/hook`,
    });
    await tell(t.bus, sampleIncident(), 'opened');
    expect(await settled('inc-1-opened-discord')).toMatchObject({ status: 'sent', remoteId: '77' });
    await tell(t.bus, sampleResolved(), 'resolved');
    await settled('inc-1-resolved-discord');
    expect(rings.requests.map(({ method, path }) => `${method} ${path.split('?')[0] ?? ''}`)).toEqual([
      'POST /hook',
      'PATCH /hook/messages/77',
    ]);
  });

  it('can be acknowledged and silenced from its message, and not from that of its end', async () => {
    service = await runNotifier(t.bus, {
      ENABLED_NOTIFIERS: 'ntfy',
      NTFY_SERVER_URL: rings.url,
      NTFY_TOPIC: 'lab',
      NOTIFY_LINK_BASE: 'https://mcp.example.net/',
    });
    await tell(t.bus, sampleIncident(), 'opened');
    await settled('inc-1-opened-ntfy');
    await tell(t.bus, sampleResolved(), 'resolved');
    await settled('inc-1-resolved-ntfy');
    const [opened, end] = rings.requests.map(({ body }) => JSON.parse(body));
    const secret = await actSecret(t.bus);
    const acts = opened.actions.map(({ label, url }: { label: string; url: string }) => {
      const token = url.replace('https://mcp.example.net/act/', '');
      return [label, readAct(secret, token, Date.now())];
    });
    expect(acts).toMatchObject([
      ['Acknowledge', { op: 'acknowledge', incidentId: 'inc-1', channel: 'ntfy' }],
      ['Silence 1 h', { op: 'silence', incidentId: 'inc-1', channel: 'ntfy' }],
    ]);
    expect(acts[0][1].nonce).not.toBe(acts[1][1].nonce);
    expect(end.actions).toBeUndefined();
  });

  it('hands the whole incident to channels whose readers are programs', async () => {
    service = await runNotifier(t.bus, { ENABLED_NOTIFIERS: 'n8n', N8N_WEBHOOK_URL: hook.url });
    await tell(t.bus, sampleIncident(), 'opened');
    await settled('inc-1-opened-n8n');
    expect(JSON.parse(hook.requests[0]?.body ?? '').incident).toEqual(sampleIncident());
  });

  it('is told with the cause that arrived while it settled', async () => {
    service = await runNotifier(t.bus, { ...one(), NOTIFY_GROUP_WAIT: '1' });
    const { cause: _, ...bare } = sampleIncident();
    await tell(t.bus, bare, 'opened');
    const kv = await t.bus.kv('INCIDENTS');
    await kv.put('inc-1', JSON.stringify(sampleIncident({ revision: 2 })));
    await settled('inc-1-opened-webhook');
    expect(JSON.parse(hook.requests[0]?.body ?? '').body).toContain(
      'Why: VM 104 (db01): job failed with err -5',
    );
  });

  it('is told to nobody when it is over before it was told, and neither is its end', async () => {
    service = await runNotifier(t.bus, { ...one(), NOTIFY_GROUP_WAIT: '1' });
    await tell(t.bus, sampleIncident(), 'opened');
    await tell(t.bus, sampleResolved(), 'resolved');
    expect(await settled('inc-1-opened-webhook')).toMatchObject({
      status: 'suppressed',
      reason: 'resolved-before-sent',
    });
    expect(await settled('inc-1-resolved-webhook')).toMatchObject({
      status: 'suppressed',
      reason: 'no-opening',
    });
    // A second incident shows that the first opening's wait is over.
    await tell(t.bus, sampleIncident({ id: 'inc-2' }), 'opened');
    await settled('inc-2-opened-webhook');
    expect(ids(hook)).toEqual(['inc-2-opened-webhook']);
  });

  it('too mild is told to nobody, with the reason, and neither is its end', async () => {
    const { metrics, counts } = countMetrics();
    service = await runNotifier(t.bus, one(), { metrics });
    await tell(t.bus, sampleIncident({ severity: 'notice' }), 'opened');
    expect(await settled('inc-1-opened-webhook')).toMatchObject({ reason: 'below-min-severity' });
    await tell(t.bus, sampleResolved({ severity: 'notice' }), 'resolved');
    expect(await settled('inc-1-resolved-webhook')).toMatchObject({ reason: 'opening-not-sent' });
    expect(hook.requests).toEqual([]);
    expect(counts.get('notifier_suppressed_total{channel=webhook,reason=below-min-severity}')).toBe(1);
  });

  it('reopened is told again', async () => {
    service = await runNotifier(t.bus, one());
    await tell(t.bus, sampleIncident(), 'opened');
    await settled('inc-1-opened-webhook');
    await tell(t.bus, sampleResolved(), 'resolved');
    await settled('inc-1-resolved-webhook');
    const timeline = [{ at: '2026-03-14T04:00:00.000Z', what: 'reopened', text: 'reopened' }];
    await tell(t.bus, sampleIncident({ revision: 3, timeline }), 'updated');
    expect(await settled('inc-1-opened-r1-webhook')).toMatchObject({ status: 'sent' });
    await tell(t.bus, sampleIncident({ revision: 4, timeline }), 'updated');
    await tell(t.bus, sampleResolved({ revision: 5, timeline }), 'resolved');
    expect(await settled('inc-1-resolved-r1-webhook')).toMatchObject({ status: 'sent' });
    expect(ids(hook)).toEqual([
      'inc-1-opened-webhook',
      'inc-1-resolved-webhook',
      'inc-1-opened-r1-webhook',
      'inc-1-resolved-r1-webhook',
    ]);
  });

  it('told ten thousand times over, through a restart, is one message', async () => {
    service = await runNotifier(t.bus, one());
    await tell(t.bus, sampleIncident(), 'opened');
    await settled('inc-1-opened-webhook');
    await service.stop();
    const bus = await t.reopen();
    service = await runNotifier(bus, one());
    const again = Array.from({ length: 10_000 }, (_, i) =>
      bus.publish(
        subjects.incident('inc-1', i % 2 === 0 ? 'opened' : 'updated'),
        sampleIncident({ revision: i + 2 }),
      ),
    );
    await Promise.all(again);
    await tell(bus, sampleIncident({ id: 'inc-2' }), 'opened');
    await until(
      () => ids(hook),
      (seen) => seen.includes('inc-2-opened-webhook'),
    );
    expect(ids(hook)).toEqual(['inc-1-opened-webhook', 'inc-2-opened-webhook']);
  });
});

describe('a channel', () => {
  it('that is down holds back no other, and gets what waited when it is back', async () => {
    service = await runNotifier(t.bus, two(), { breaker: { threshold: 3, baseMs: 20, capMs: 40 } });
    rings.answer({ status: 502 });
    await tell(t.bus, sampleIncident(), 'opened');
    await settled('inc-1-opened-webhook');
    await tell(t.bus, sampleResolved(), 'resolved');
    await settled('inc-1-resolved-webhook');
    await until(
      () => receipt('inc-1-opened-gotify'),
      (r) => (r?.attempts ?? 0) >= 4,
    );
    expect(await receipt('inc-1-opened-gotify')).toMatchObject({ status: 'pending', reason: 'http-502' });
    expect(service.details?.()).toMatchObject({
      channels: { gotify: { status: 'degraded', reason: 'http-502' }, webhook: { status: 'ok' } },
    });
    rings.answer({ status: 200, body: '{"id":1}' });
    expect(await settled('inc-1-resolved-gotify')).toMatchObject({ status: 'sent', remoteId: '1' });
    // The end waited for the opening although both were there.
    const titles = rings.requests.map((request) => JSON.parse(request.body).title as string);
    expect(titles.indexOf('RESOLVED: Backup job backup-7c1e failed on pve1')).toBe(titles.length - 1);
    expect(service.details?.()).toMatchObject({ channels: { gotify: { status: 'ok' } } });
  });

  it('that refuses a message for good is not asked again, and the message is kept as a dead letter', async () => {
    service = await runNotifier(t.bus, one());
    hook.answer({ status: 422 });
    const letters: unknown[] = [];
    await t.bus.subscribe({ filters: [filters.allDeadLetters], from: 0 }, (message) =>
      letters.push(message.data),
    );
    await tell(t.bus, sampleIncident(), 'opened');
    expect(await settled('inc-1-opened-webhook')).toMatchObject({
      status: 'failed',
      reason: 'rejected: http-422',
      attempts: 1,
    });
    await until(
      () => letters,
      (seen) => seen.length > 0,
    );
    expect(letters).toMatchObject([
      { service: 'notifier-send-webhook', reason: 'rejected', origin: 'notifications.webhook' },
    ]);
    await tell(t.bus, sampleResolved(), 'resolved');
    expect(await settled('inc-1-resolved-webhook')).toMatchObject({
      status: 'suppressed',
      reason: 'opening-not-sent',
    });
    expect(hook.requests).toHaveLength(1);
  });

  it('that fails for longer than the policy allows is given up, and the message kept as a dead letter', async () => {
    let now = Date.parse('2026-03-14T01:10:00.000Z');
    service = await runNotifier(t.bus, one(), {
      now: () => now,
      retry: { baseMs: 1, capMs: 2, giveUpAfterMs: 86_400_000 },
      breaker: { threshold: 1_000, baseMs: 1, capMs: 1 },
    });
    hook.answer({ status: 500 });
    await tell(t.bus, sampleIncident(), 'opened');
    await until(
      () => hook.requests.length,
      (n) => n >= 3,
    );
    expect(await receipt('inc-1-opened-webhook')).toMatchObject({ status: 'pending' });
    now += 86_400_000;
    expect(await settled('inc-1-opened-webhook')).toMatchObject({
      status: 'failed',
      reason: 'gave-up: http-500',
    });
    await until(
      () => t.bus.lastSeq('DEADLETTER'),
      (seq) => seq === 1,
    );
  });

  it('that asks for time gets it', async () => {
    service = await runNotifier(t.bus, one());
    hook.answer((_request) =>
      hook.requests.length === 1 ? { status: 429, headers: { 'retry-after': '1' } } : { status: 200 },
    );
    const begun = Date.now();
    await tell(t.bus, sampleIncident(), 'opened');
    expect(await settled('inc-1-opened-webhook')).toMatchObject({ status: 'sent', attempts: 2 });
    expect(Date.now() - begun).toBeGreaterThanOrEqual(950);
  });

  it('that is not on gets no message, and the receipt says so', async () => {
    service = await runNotifier(t.bus, one());
    const message = sampleNotification({ id: 'm-1', channel: 'pager', kind: 'message' });
    await t.bus.publish(subjects.notification('pager'), message, { id: 'm-1' });
    expect(await settled('m-1')).toMatchObject({ status: 'failed', reason: 'no-such-channel' });
  });

  it('sends messages that are about no incident', async () => {
    service = await runNotifier(t.bus, one());
    const {
      incidentId: _,
      thread: __,
      ...message
    } = sampleNotification({
      id: 'm-2',
      channel: 'webhook',
      kind: 'test',
      createdAt: new Date().toISOString(),
    });
    await t.bus.publish(subjects.notification('webhook'), message, { id: 'm-2' });
    expect(await settled('m-2')).toMatchObject({ status: 'sent' });
  });

  it('is not bothered with messages that waited for days', async () => {
    service = await runNotifier(t.bus, one());
    const message = sampleNotification({ id: 'm-3', channel: 'webhook', kind: 'message' });
    await t.bus.publish(subjects.notification('webhook'), message, { id: 'm-3' });
    expect(await settled('m-3')).toMatchObject({ status: 'failed', reason: 'too-old' });
    expect(hook.requests).toEqual([]);
  });
});

describe('the service', () => {
  it('stops twice and without a start', async () => {
    service = await runNotifier(t.bus, one());
    expect(service.isReady?.()).toBe(true);
    await service.stop();
    await service.stop();
    expect(service.isReady?.()).toBe(false);
  });

  it('runs with no channel at all', async () => {
    service = await runNotifier(t.bus, {});
    expect(service.details?.()).toEqual({ channels: {} });
  });
});
