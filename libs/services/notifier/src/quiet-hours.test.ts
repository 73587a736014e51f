import type { PendingDigest } from './agenda.ts';
import { type Bench, openBench } from './testing/bench.ts';
import { sampleIncident, sampleResolved } from './testing/samples.ts';
import { until } from './testing/run-notifier.ts';

const notify = {
  timezone: 'Europe/Berlin',
  quiet_hours: [{ from: '22:00', to: '07:00' }],
  routes: [{ name: 'all', channels: ['webhook'] }],
};
const SEVEN = Date.parse('2026-03-15T06:00:00.000Z');

let b: Bench;
beforeEach(async () => {
  b = await openBench('2026-03-14T23:00:00.000Z');
});
afterEach(() => b.close());

const at = { openedAt: '2026-03-14T23:00:00.000Z' };
const over = { ...at, resolvedAt: '2026-03-14T23:40:00.000Z' };
const held = (id: string) => b.receiptIs(id, { status: 'pending', heldUntil: '2026-03-15T06:00:00.000Z' });
const nothingWaits = () => until(b.waiting, (keys) => keys.length === 0);
const digestText = () => JSON.parse(b.webhook.requests[0]?.body ?? '{}') as { title: string; body: string };

it('hold what is not critical for one message at their end, in which what is over is one line', async () => {
  await b.run({ notify });
  await b.tell(sampleIncident(at), 'opened');
  await b.tell(
    sampleIncident({ id: 'inc-2', severity: 'warning', title: 'Storage nas is 91 % full', ...at }),
    'opened',
  );
  await held('inc-1-opened-webhook');
  await held('inc-2-opened-webhook');
  await b.tell(sampleResolved(over), 'resolved');
  await held('inc-1-resolved-webhook');
  expect(b.webhook.requests).toEqual([]);

  await b.reopen();
  b.now = SEVEN;
  await b.run({ notify });
  await nothingWaits();
  await until(
    () => b.webhook.requests.length,
    (n) => n === 1,
  );
  expect(digestText()).toMatchObject({
    title: 'Digest: 2 incidents, 1 still open',
    body: [
      'WARNING: Storage nas is 91 % full (since 03-14 23:00 UTC)',
      'OVER: Backup job backup-7c1e failed on pve1 (03-14 23:00 UTC, lasted 40m)',
    ].join('\n'),
  });
  expect(await b.receipt('inc-1-resolved-webhook')).toMatchObject({
    status: 'suppressed',
    reason: 'told-in-digest',
  });

  // What the digest told has an end like everything that was told.
  await b.tell(sampleResolved({ id: 'inc-2' }), 'resolved');
  await b.receiptIs('inc-2-resolved-webhook', { status: 'sent' });
  expect(b.webhook.requests).toHaveLength(2);
});

it('never hold back what is critical, nor what becomes critical while it is held', async () => {
  await b.run({ notify });
  await b.tell(sampleIncident({ severity: 'critical' }), 'opened');
  await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
  await b.tell(sampleResolved({ severity: 'critical' }), 'resolved');
  await b.receiptIs('inc-1-resolved-webhook', { status: 'sent' });
  await b.tell(sampleIncident({ id: 'inc-2' }), 'opened');
  await held('inc-2-opened-webhook');
  await b.tell(sampleIncident({ id: 'inc-2', severity: 'critical', revision: 2 }), 'updated');
  await b.receiptIs('inc-2-opened-webhook', { status: 'sent' });
  b.now = SEVEN;
  await nothingWaits();
  expect(b.ids()).toEqual(['inc-1-opened-webhook', 'inc-1-resolved-webhook', 'inc-2-opened-webhook']);
});

it('of one incident alone are followed by its own message', async () => {
  await b.run({ notify });
  await b.tell(sampleIncident(), 'opened');
  await held('inc-1-opened-webhook');
  b.now = SEVEN;
  await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
  await nothingWaits();
  expect(b.ids()).toEqual(['inc-1-opened-webhook']);
});

it('hold the end of what was told before them', async () => {
  b.now = Date.parse('2026-03-14T20:00:00.000Z');
  await b.run({ notify });
  await b.tell(sampleIncident(), 'opened');
  await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
  b.now = Date.parse('2026-03-14T23:00:00.000Z');
  await b.tell(sampleResolved(), 'resolved');
  await held('inc-1-resolved-webhook');
  expect(b.webhook.requests).toHaveLength(1);
  b.now = SEVEN;
  await b.receiptIs('inc-1-resolved-webhook', { status: 'sent' });
});

it('are not lengthened by a notifier that was away: what was due at seven is told when it is back', async () => {
  await b.run({ notify });
  await b.tell(sampleIncident(at), 'opened');
  await b.tell(sampleIncident({ id: 'inc-2', ...at }), 'opened');
  await held('inc-2-opened-webhook');
  await b.stop();
  b.now = SEVEN + 5 * 3_600_000;
  await b.run({ notify });
  await until(
    () => b.webhook.requests.length,
    (n) => n === 1,
  );
});

it('a digest that a crash cut in two is finished by the next process, and told once', async () => {
  await b.run({ notify });
  await b.tell(sampleIncident(at), 'opened');
  await b.tell(sampleIncident({ id: 'inc-2', ...at }), 'opened');
  await held('inc-1-opened-webhook');
  await held('inc-2-opened-webhook');
  await b.stop();
  // As a process leaves it that was killed after it had decided, half through its receipts.
  const kv = await b.bus().kv('DELIVERIES');
  const entries = await kv.list('due');
  const digest: PendingDigest = {
    notification: {
      id: 'digest-0123456789abcdef-webhook',
      channel: 'webhook',
      severity: 'error',
      kind: 'message',
      title: 'Digest: 2 incidents, 2 still open',
      body: 'ERROR: one\nERROR: two',
      createdAt: new Date(SEVEN).toISOString(),
    },
    items: entries.map(({ value }) => JSON.parse(value)),
    over: [],
  };
  await kv.put('digest.webhook', JSON.stringify(digest));
  const half = await b.receipt('inc-1-opened-webhook');
  const { heldUntil: _, ...rest } = half ?? {};
  await kv.put(
    'inc-1-opened-webhook',
    JSON.stringify({ ...rest, reason: 'in-digest', via: digest.notification.id }),
  );
  b.now = SEVEN;
  await b.run({ notify });
  await b.receiptIs(digest.notification.id, { status: 'sent' });
  await nothingWaits();
  await b.stop();
  await b.run({ notify });
  await b.tell(sampleResolved(), 'resolved');
  await b.tell(sampleResolved({ id: 'inc-2' }), 'resolved');
  await b.receiptIs('inc-1-resolved-webhook', { status: 'sent' });
  await b.receiptIs('inc-2-resolved-webhook', { status: 'sent' });
  expect(b.ids().filter((id) => id.startsWith('digest'))).toEqual([digest.notification.id]);
});

describe('a digest route', () => {
  it('gathers also what is too mild otherwise, once a day', async () => {
    b.now = Date.parse('2026-03-14T12:00:00.000Z');
    const mild = {
      name: 'mild',
      match: { maxSeverity: 'notice' },
      channels: ['webhook'],
      digest: 'daily 08:00',
    };
    await b.run({ notify: { routes: [mild] } });
    await b.tell(sampleIncident({ severity: 'info' }), 'opened');
    await b.tell(sampleIncident({ id: 'inc-2', severity: 'notice' }), 'opened');
    await b.receiptIs('inc-1-opened-webhook', { reason: 'digest', heldUntil: '2026-03-15T08:00:00.000Z' });
    await b.receiptIs('inc-2-opened-webhook', { reason: 'digest' });
    b.now = Date.parse('2026-03-15T08:00:00.000Z');
    await until(
      () => b.webhook.requests.length,
      (n) => n === 1,
    );
    expect(digestText().title).toBe('Digest: 2 incidents, 2 still open');
  });

  it('is at most ten lines long, with a count of the rest', async () => {
    b.now = Date.parse('2026-03-14T12:00:00.000Z');
    await b.run({ notify: { routes: [{ name: 'hourly', channels: ['webhook'], digest: 60 }] } });
    for (let i = 0; i < 30; i++) await b.tell(sampleIncident({ id: `inc-${i}` }), 'opened');
    for (let i = 0; i < 30; i++) await b.receiptIs(`inc-${i}-opened-webhook`, { reason: 'digest' });
    b.now += 3_600_000;
    await until(
      () => b.webhook.requests.length,
      (n) => n === 1,
    );
    const lines = digestText().body.split('\n');
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe('and 20 more');
    await nothingWaits();
    expect(b.webhook.requests).toHaveLength(1);
  });
});

describe('more than a channel is to be sent', () => {
  const limited = {
    routes: [{ name: 'all', channels: ['webhook'] }],
    throttle: { per_channel: { count: 3, per: '1h' } },
  };

  it('is told in a digest, and nothing of it is lost; a restart lets no more through', async () => {
    await b.run({ notify: limited });
    for (let i = 0; i < 8; i++) {
      if (i === 5) {
        await b.reopen();
        await b.run({ notify: limited });
      }
      await b.tell(sampleIncident({ id: `inc-${i}` }), 'opened');
      await b.receiptIs(`inc-${i}-opened-webhook`, i < 3 ? { status: 'sent' } : { reason: 'throttled' });
    }
    await b.tell(sampleIncident({ id: 'inc-8', severity: 'critical' }), 'opened');
    await b.receiptIs('inc-8-opened-webhook', { status: 'sent' });
    b.now += 3_600_000;
    await nothingWaits();
    await until(
      () => b.webhook.requests.length,
      (n) => n === 5,
    );
    expect(b.titles(b.webhook).at(-1)).toBe('Digest: 5 incidents, 5 still open');
  });

  it('of one incident that comes and goes is told together', async () => {
    const notifyOne = { ...limited, throttle: { per_incident: { count: 2, per: '1h' } } };
    await b.run({ notify: notifyOne });
    const timeline = [{ at: '2026-03-14T23:10:00.000Z', what: 'reopened', text: 'reopened' }];
    await b.tell(sampleIncident(), 'opened');
    await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
    await b.tell(sampleResolved(), 'resolved');
    await b.receiptIs('inc-1-resolved-webhook', { status: 'sent' });
    await b.tell(sampleIncident({ revision: 3, timeline }), 'updated');
    await b.receiptIs('inc-1-opened-r1-webhook', { reason: 'throttled' });
    await b.tell(sampleResolved({ revision: 4, timeline }), 'resolved');
    await b.receiptIs('inc-1-resolved-r1-webhook', { status: 'pending' });
    b.now += 3_600_000;
    await until(
      () => b.webhook.requests.length,
      (n) => n === 3,
    );
    expect(b.titles(b.webhook).at(-1)).toBe('Digest: 1 incident, none still open');
  });
});
