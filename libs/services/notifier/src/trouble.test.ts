import { requests } from '@proxmox-mcp/schemas';
import { type Bench, openBench } from './testing/bench.ts';
import { sampleIncident, sampleResolved } from './testing/samples.ts';
import { until } from './testing/run-notifier.ts';

const HOUR = 3_600_000;
const quick = {
  retry: { baseMs: 1, capMs: 5, giveUpAfterMs: 24 * HOUR },
  // The clock of these tests stands still, and an open breaker would wait for it.
  breaker: { threshold: 1_000, baseMs: 1, capMs: 1 },
};
const only = { routes: [{ name: 'all', channels: ['webhook'] }] };
const withFallback = { ...only, fallback: { webhook: ['gotify'] }, fallback_after: '15m' };

let b: Bench;
beforeEach(async () => {
  b = await openBench('2026-03-14T12:00:00.000Z');
});
afterEach(() => b.close());

describe('a channel that is down for a day', () => {
  const tried = (id: string, times: number) =>
    until(
      () => b.receipt(id),
      (receipt) => (receipt?.attempts ?? 0) >= times,
    );

  it('without a fallback is given up, and can be sent again by hand', async () => {
    await b.run({ ...quick, notify: only });
    b.webhook.answer({ status: 503 });
    await b.tell(sampleIncident(), 'opened');
    await tried('inc-1-opened-webhook', 2);
    b.now += 24 * HOUR;
    await b.receiptIs('inc-1-opened-webhook', { status: 'failed', reason: 'gave-up: http-503' });
    b.webhook.answer({ status: 200 });
    const again = { id: 'inc-1-opened-webhook', by: 'alice' };
    expect(await b.bus().request(requests.redrive, again)).toMatchObject({ ok: true });
    await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
    expect(await b.bus().request(requests.redrive, again)).toMatchObject({ ok: false, code: 'invalid' });
    await b.tell(sampleResolved(), 'resolved');
    await b.receiptIs('inc-1-resolved-webhook', { status: 'sent' });
    expect(await b.bus().request(requests.redrive, { ...again, id: 'inc-9' })).toMatchObject({
      ok: false,
      code: 'not_found',
    });
  });

  it('with a fallback loses nothing: the other one tells begin and end, each once', async () => {
    await b.run({ ...quick, notify: withFallback });
    b.webhook.answer({ status: 503 });
    await b.tell(sampleIncident(), 'opened');
    await tried('inc-1-opened-webhook', 4);
    expect(b.gotify.requests).toEqual([]);
    b.now += 15 * 60_000;
    await b.receiptIs('inc-1-opened-webhook', {
      status: 'failed',
      via: 'inc-1-opened-webhook-via-gotify',
    });
    await b.receiptIs('inc-1-opened-webhook-via-gotify', { status: 'sent', channel: 'gotify' });
    await b.tell(sampleResolved(), 'resolved');
    await tried('inc-1-resolved-webhook', 1);
    b.now += 24 * HOUR;
    await b.receiptIs('inc-1-resolved-webhook-via-gotify', { status: 'sent' });
    expect(b.titles(b.gotify)).toEqual([
      'ERROR: Backup job backup-7c1e failed on pve1',
      'RESOLVED: Backup job backup-7c1e failed on pve1',
    ]);
    expect(await b.bus().lastSeq('DEADLETTER')).toBe(0);
  });

  it('whose fallback is down too gives it to the next, and at the end of the chain it is kept', async () => {
    await b.run({ ...quick, notify: withFallback });
    b.webhook.answer({ status: 503 });
    b.gotify.answer({ status: 503 });
    await b.tell(sampleIncident(), 'opened');
    await tried('inc-1-opened-webhook', 1);
    b.now += HOUR;
    await tried('inc-1-opened-webhook-via-gotify', 1);
    b.now += 24 * HOUR;
    await b.receiptIs('inc-1-opened-webhook-via-gotify', { status: 'failed' });
    await until(
      () => b.bus().lastSeq('DEADLETTER'),
      (seq) => seq === 1,
    );
    await b.tell(sampleResolved(), 'resolved');
    await b.receiptIs('inc-1-resolved-webhook', { status: 'suppressed', reason: 'opening-not-sent' });
  });
});

it('a channel that asks for hours by 429 is left alone, and the fallback does not wait that long', async () => {
  // The bus keeps the waits, by the real clock.
  await b.run({ now: Date.now, notify: { ...withFallback, fallback_after: '1s' } });
  b.webhook.answer({ status: 429, headers: { 'retry-after': '21600' } });
  await b.tell(sampleIncident(), 'opened');
  await b.tell(sampleIncident({ id: 'inc-2' }), 'opened');
  await b.receiptIs('inc-1-opened-webhook-via-gotify', { status: 'sent' });
  await b.receiptIs('inc-2-opened-webhook-via-gotify', { status: 'sent' });
  expect(await b.receipt('inc-1-opened-webhook')).toMatchObject({ status: 'failed' });
  // Those that were under way when it asked.
  expect(b.webhook.requests.length).toBeLessThanOrEqual(2);
});

it('a template that throws costs its looks and not the message', async () => {
  await b.run({
    notify: only,
    render: () => {
      throw new TypeError('cannot read properties of undefined');
    },
  });
  await b.tell(sampleIncident(), 'opened');
  await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
  expect(JSON.parse(b.webhook.requests[0]?.body ?? '{}')).toMatchObject({
    title: 'ERROR: Backup job backup-7c1e failed on pve1',
    body: expect.stringContaining('Why: VM 104 (db01)'),
  });
});

it('a route has its messages written its own way', async () => {
  await b.run({
    notify: { routes: [{ name: 'phone', channels: ['webhook'], preset: 'compact' }] },
    render: ({ title }, kind, { preset }) => ({ title: `${preset} ${kind} ${title}`, body: 'short' }),
  });
  await b.tell(sampleIncident({ title: 'x' }), 'opened');
  await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
  await b.tell(sampleResolved({ title: 'x' }), 'resolved');
  await b.receiptIs('inc-1-resolved-webhook', { status: 'sent' });
  expect(b.titles(b.webhook)).toEqual(['compact opened x', 'compact resolved x']);
  const asked = { incidentId: 'inc-1', kind: 'opened' } as const;
  expect(await b.bus().request(requests.preview, { ...asked, channel: 'webhook' })).toMatchObject({
    messages: [{ title: 'compact opened x' }],
  });
  expect(await b.bus().request(requests.preview, { ...asked, preset: 'full' })).toMatchObject({
    messages: [{ title: 'full opened x' }, { title: 'full opened x' }],
  });
});

describe('a clock that jumps', () => {
  const nights = { ...only, quiet_hours: [{ from: '22:00', to: '07:00' }] };

  it('forward lets go what is due by it, once', async () => {
    b.now = Date.parse('2026-03-14T23:00:00.000Z');
    await b.run({ notify: nights });
    await b.tell(sampleIncident(), 'opened');
    await b.receiptIs('inc-1-opened-webhook', { reason: 'quiet-hours' });
    b.now += 30 * 24 * HOUR + 12 * HOUR;
    await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
    b.now -= 30 * 24 * HOUR;
    await b.tell(sampleResolved(), 'resolved');
    await b.receiptIs('inc-1-resolved-webhook', { status: 'sent' });
    expect(b.ids()).toEqual(['inc-1-opened-webhook', 'inc-1-resolved-webhook']);
  });

  it('back keeps nothing for longer than was meant', async () => {
    b.now = Date.parse('2026-03-14T23:00:00.000Z');
    await b.run({ notify: nights });
    await b.tell(sampleIncident(), 'opened');
    await b.receiptIs('inc-1-opened-webhook', { reason: 'quiet-hours' });
    b.now -= 365 * 24 * HOUR;
    const due = async () => (await (await b.bus().kv('DELIVERIES')).list('due'))[0]?.value ?? '{}';
    await until(due, (value) => JSON.parse(value).until <= b.now + 8 * HOUR);
    b.now += 8 * HOUR;
    await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
  });

  it('back does not close a throttled channel for ever', async () => {
    await b.run({ notify: { ...only, throttle: { per_channel: { count: 1, per: '1h' } } } });
    await b.tell(sampleIncident(), 'opened');
    await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
    b.now -= 24 * HOUR;
    await b.tell(sampleIncident({ id: 'inc-2' }), 'opened');
    await b.receiptIs('inc-2-opened-webhook', { status: 'sent' });
  });
});
