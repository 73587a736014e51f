import { type Bench, openBench } from './testing/bench.ts';
import { sampleIncident, sampleResolved } from './testing/samples.ts';
import { until } from './testing/run-notifier.ts';

const notify = {
  routes: [
    {
      name: 'all',
      channels: ['webhook'],
      ladder: [
        { after: '10m', channels: ['gotify'] },
        { after: '20m', channels: ['webhook', 'gotify'] },
      ],
    },
  ],
};
const MINUTE = 60_000;

let b: Bench;
beforeEach(async () => {
  b = await openBench('2026-03-14T12:00:00.000Z');
});
afterEach(() => b.close());

const begin = async () => {
  await b.run({ notify });
  await b.tell(sampleIncident(), 'opened');
  await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
};
const nothingWaits = () => until(b.waiting, (keys) => keys.length === 0);
/** Something that is told after everything before it was looked at. */
const marker = async (id: string) => {
  await b.tell(
    sampleIncident({ id, status: 'acknowledged', acknowledgedAt: '2026-03-14T12:00:00.000Z' }),
    'opened',
  );
  await b.receiptIs(`${id}-opened-webhook`, { status: 'sent' });
};

it('goes on to the next channel while nobody acknowledges, then reminds, and the end is told to all', async () => {
  await begin();
  expect(b.gotify.requests).toEqual([]);
  b.now += 10 * MINUTE;
  await b.receiptIs('inc-1-opened-gotify', { status: 'sent' });
  b.now += 20 * MINUTE;
  await b.receiptIs('inc-1-step2-webhook', { status: 'sent' });
  await b.receiptIs('inc-1-step2-gotify', { status: 'sent' });
  await nothingWaits();
  await b.tell(sampleResolved(), 'resolved');
  await b.receiptIs('inc-1-resolved-gotify', { status: 'sent' });
  await b.receiptIs('inc-1-resolved-webhook', { status: 'sent' });
  expect(b.titles(b.webhook)).toEqual([
    'ERROR: Backup job backup-7c1e failed on pve1',
    'Not acknowledged: ERROR: Backup job backup-7c1e failed on pve1',
    'RESOLVED: Backup job backup-7c1e failed on pve1',
  ]);
  expect(b.gotify.requests).toHaveLength(3);
});

it.each([
  [
    'acknowledged',
    sampleIncident({ status: 'acknowledged', acknowledgedAt: '2026-03-14T12:01:00.000Z', revision: 2 }),
  ],
  ['over', sampleResolved()],
])('stops when it is %s', async (_, after) => {
  await begin();
  await b.tell(after, after.status === 'resolved' ? 'resolved' : 'updated');
  b.now += 60 * MINUTE;
  await nothingWaits();
  expect(b.gotify.requests).toEqual([]);
  expect(await b.receipt('inc-1-opened-gotify')).toEqual(
    after.status === 'resolved' ? expect.objectContaining({ reason: 'resolved-before-sent' }) : undefined,
  );
});

it('waits while it is snoozed or explained by something else, and goes on after that', async () => {
  await begin();
  await b.tell(sampleIncident({ revision: 2, snoozedUntil: '2026-03-14T12:30:00.000Z' }), 'updated');
  b.now += 15 * MINUTE;
  await marker('inc-2');
  await b.tell(sampleIncident({ revision: 3, status: 'suppressed' }), 'updated');
  b.now += 30 * MINUTE;
  await marker('inc-3');
  expect(await b.receipt('inc-1-opened-gotify')).toBeUndefined();
  await b.tell(sampleIncident({ revision: 4 }), 'updated');
  b.now += 2 * MINUTE;
  await b.receiptIs('inc-1-opened-gotify', { status: 'sent' });
});

it('survives a restart between two steps, and takes none of them twice', async () => {
  await begin();
  await b.reopen();
  b.now += 10 * MINUTE;
  await b.run({ notify });
  await b.receiptIs('inc-1-opened-gotify', { status: 'sent' });
  await b.reopen();
  await b.run({ notify });
  b.now += 20 * MINUTE;
  await b.receiptIs('inc-1-step2-gotify', { status: 'sent' });
  await nothingWaits();
  expect(b.ids()).toEqual(['inc-1-opened-webhook', 'inc-1-step2-webhook']);
  expect(b.gotify.requests).toHaveLength(2);
});

it('waits no longer because the clock was set back', async () => {
  await begin();
  b.now -= 24 * 60 * MINUTE;
  const entry = async () => (await (await b.bus().kv('DELIVERIES')).list('due'))[0]?.value ?? '{}';
  await until(entry, (value) => JSON.parse(value).until <= b.now + 10 * MINUTE);
  b.now += 10 * MINUTE;
  await b.receiptIs('inc-1-opened-gotify', { status: 'sent' });
});
