import { requests } from '@proxmox-mcp/schemas';
import { REASONS } from '../stages/stage.ts';
import { type Bench, openBench } from '../testing/bench.ts';
import { sampleIncident } from '../testing/samples.ts';

let b: Bench;
beforeEach(async () => {
  b = await openBench('2026-03-14T12:00:00.000Z');
});
afterEach(() => b.close());

const notify = {
  quiet_hours: [{ from: '22:00', to: '07:00' }],
  routes: [
    {
      name: 'backups',
      match: { condition: 'backup.*' },
      channels: ['webhook'],
      ladder: [{ after: '10m', channels: ['gotify'] }],
    },
  ],
};
const explain = (at?: string) =>
  b.bus().request(requests.explain, { incidentId: 'inc-1', ...(at === undefined ? {} : { at }) });
const put = async (change = {}) =>
  (await b.bus().kv('INCIDENTS')).put('inc-1', JSON.stringify(sampleIncident(change)));

it('explains each stage, who would be told when, and changes nothing', async () => {
  await b.run({ notify });
  await put();
  expect(await explain()).toEqual({
    ok: true,
    steps: [
      { stage: 'route', outcome: 'pass', reason: 'matched', detail: 'backups' },
      { stage: 'group', outcome: 'pass', reason: 'complete' },
      { stage: 'inhibit', outcome: 'pass', reason: 'not-inhibited' },
      { stage: 'silence', outcome: 'pass', reason: 'not-silenced' },
      { stage: 'quiet-hours', outcome: 'pass', reason: 'not-quiet' },
      { stage: 'dedup', outcome: 'pass', reason: 'first' },
      { stage: 'throttle', outcome: 'pass', reason: 'within-rate' },
      { stage: 'render', outcome: 'pass', reason: 'rendered' },
      { stage: 'send', outcome: 'pass', reason: 'channel-on', detail: 'webhook' },
    ],
    deliveries: [
      { channel: 'webhook', at: '2026-03-14T12:00:00.000Z', step: 0 },
      { channel: 'gotify', at: '2026-03-14T12:10:00.000Z', step: 1 },
    ],
    receipts: [],
  });
  expect(b.webhook.requests).toEqual([]);
  expect(await b.waiting()).toEqual([]);
});

it('explains what holds it at another time, and ends there', async () => {
  await b.run({ notify });
  await put();
  const answer = await explain('2026-03-14T23:00:00.000Z');
  if (!answer.ok) throw new Error(answer.message);
  expect(answer.steps.at(-1)).toEqual({
    stage: 'quiet-hours',
    outcome: 'hold',
    reason: 'quiet-hours',
    detail: 'until 2026-03-15T07:00:00.000Z',
  });
  expect(answer.deliveries[0]?.at).toBe('2026-03-15T07:00:00.000Z');
});

it('explains why nobody is told, and by what', async () => {
  await b.run({ notify });
  await put({
    status: 'suppressed',
    suppression: {
      reason: 'parent',
      by: 'inc-0',
      text: 'node pve1 is offline',
      since: '2026-03-14T12:00:00.000Z',
    },
  });
  const answer = await explain();
  if (!answer.ok) throw new Error(answer.message);
  expect(answer.steps.at(-1)).toEqual({
    stage: 'inhibit',
    outcome: 'suppress',
    reason: 'incident-suppressed',
    detail: 'node pve1 is offline',
  });
  expect(answer.deliveries).toEqual([]);
});

it('says what became of it once it was told', async () => {
  await b.run({ notify });
  await b.tell(sampleIncident(), 'opened');
  await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
  const answer = await explain();
  if (!answer.ok) throw new Error(answer.message);
  expect(answer.steps.at(-1)).toMatchObject({ stage: 'dedup', reason: 'settled', detail: 'webhook: sent' });
  expect(answer.receipts).toMatchObject([{ id: 'inc-1-opened-webhook', status: 'sent' }]);
});

it('shows exactly what would be sent', async () => {
  await b.run({ notify });
  await put();
  const preview = await b
    .bus()
    .request(requests.preview, { incidentId: 'inc-1', kind: 'opened', channel: 'webhook' });
  expect(b.webhook.requests).toEqual([]);
  await b.tell(sampleIncident(), 'opened');
  await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
  const { title, body } = JSON.parse(b.webhook.requests[0]?.body ?? '{}');
  expect(preview).toEqual({ ok: true, messages: [{ channel: 'webhook', title, body }] });
});

it('knows no incident that is not there, and no channel that is off', async () => {
  await b.run({ notify });
  expect(await explain()).toMatchObject({ ok: false, code: 'not_found' });
  const of = { incidentId: 'inc-1', kind: 'opened' } as const;
  expect(await b.bus().request(requests.preview, of)).toMatchObject({ ok: false, code: 'not_found' });
  expect(await b.bus().request(requests.preview, { ...of, channel: 'ntfy' })).toMatchObject({
    ok: false,
    code: 'invalid',
  });
});

it('the words of the stages are these, and a change of them is a decision', () => {
  expect([...REASONS].sort()).toEqual(
    `again below-min-severity channel-off channel-on complete critical digest first group-wait held
     in-digest incident-suppressed matched no-opening no-route not-inhibited not-quiet not-silenced opening-not-sent plain
     quiet-hours rendered resolved-before-sent revived settled silenced snoozed throttled told-in-digest within-rate`
      .split(/\s+/)
      .sort(),
  );
});
