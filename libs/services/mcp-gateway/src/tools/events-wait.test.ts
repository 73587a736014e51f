import { stateKeys, subjects } from '@proxmox-mcp/schemas';
import { encodeCursor } from '../call/event-cursor.ts';
import { event, fact, guest, incident, publishEvent } from '../testing/fleet.ts';
import { openToolBench, type ToolBench } from '../testing/tool-bench.ts';

interface Answer {
  data: { matched: boolean; events: Record<string, unknown>[]; cursor: string };
}

let bench: ToolBench;
beforeEach(async () => {
  bench = await openToolBench();
});
afterEach(() => bench.close());

async function wait(until: unknown, more: Record<string, unknown> = {}): Promise<Answer['data']> {
  const answer = (await bench.ask('events_wait', { until, timeout_s: 20, ...more })) as unknown as Answer;
  return answer.data;
}

/** Ends at once without a match: gives the cursor of now. */
async function cursorOfNow(): Promise<string> {
  return (await wait({ event: {} }, { timeout_s: 0 })).cursor;
}

it('wakes when a wanted event comes, and not for others', async () => {
  const waiting = wait(
    { event: { types: ['backup.*'], severity: 'error' } },
    { cursor: await cursorOfNow() },
  );
  await publishEvent(bench.bus, event('noise'));
  await publishEvent(bench.bus, event('mild', { type: 'backup.job.succeeded', severity: 'info' }));
  await publishEvent(bench.bus, event('wanted', { type: 'backup.job.failed', severity: 'error' }));
  expect(await waiting).toMatchObject({ matched: true, events: [{ id: 'wanted' }] });
});

it('misses nothing between calls', async () => {
  let cursor = await cursorOfNow();
  const seen: unknown[] = [];
  for (let i = 0; i < 130; i++) await publishEvent(bench.bus, event(`e${i}`));
  while (seen.length < 130) {
    const answer = await wait({ event: { types: ['guest.*'] } }, { cursor });
    seen.push(...answer.events.map((row) => row['id']));
    cursor = answer.cursor;
  }
  expect(seen).toEqual(Array.from({ length: 130 }, (_, i) => `e${i}`));
});

it('gives a cursor on a timeout, from which what came since is found', async () => {
  const { matched, cursor } = await wait({ event: { types: ['x.*'] } }, { timeout_s: 0 });
  expect(matched).toBe(false);
  await publishEvent(bench.bus, event('later'));
  expect(await wait({ event: {} }, { cursor })).toMatchObject({ matched: true, events: [{ id: 'later' }] });
});

it('says when events after the cursor are not kept any more', async () => {
  await bench.close();
  let days = 0;
  bench = await openToolBench({ busNow: () => Date.now() + days * 86_400_000 });
  const cursor = await cursorOfNow();
  for (let i = 0; i < 3; i++) await publishEvent(bench.bus, event(`old${i}`));
  days = 8;
  await publishEvent(bench.bus, event('kept'));
  bench.trim();
  const answer = await bench.ask('events_wait', { until: { event: {} }, cursor });
  expect(answer).toMatchObject({
    data: { matched: true, gap: true, events: [{ id: 'kept' }] },
    warnings: [expect.stringContaining('events_query')],
  });
  // Told once: the new cursor is behind the gap.
  await publishEvent(bench.bus, event('next'));
  const { cursor: after } = (answer as unknown as Answer).data;
  expect(await wait({ event: {} }, { cursor: after })).not.toHaveProperty('gap');
});

it('does not wait for a cursor of another store', async () => {
  const cursor = encodeCursor({ events: 99_999, incidents: 99_999 });
  const waiting = bench.ask('events_wait', { until: { event: {} }, cursor });
  await publishEvent(bench.bus, event('new'));
  expect(await waiting).toMatchObject({ data: { matched: true, gap: true } });
});

it('knows a task that had ended before, and wakes for one that ends later', async () => {
  bench.history.facts.push(fact('UPID:done'));
  expect(await wait({ task: 'UPID:done' })).toMatchObject({ matched: true, events: [{ state: 'failed' }] });
  const { endedAt: _, ...running } = fact('UPID:slow', { type: 'backup.job.started' });
  bench.history.facts.push(running);
  const waiting = wait({ task: 'UPID:slow' });
  await bench.bus.publish(subjects.fact('backup.job.started'), { ...running, revision: 2 });
  await bench.bus.publish(
    subjects.fact('backup.job.succeeded'),
    fact('UPID:slow', { type: 'backup.job.succeeded', revision: 3 }),
  );
  expect(await waiting).toMatchObject({ matched: true, events: [{ upid: 'UPID:slow', state: 'succeeded' }] });
});

it('knows a guest that has the state already, and wakes when one gets it', async () => {
  expect(await wait({ guest: 'web', state: 'running' })).toMatchObject({ matched: true });
  const waiting = wait({ guest: 'prod/105', state: 'stopped' });
  const state = await bench.bus.kv('STATE');
  await state.put(stateKeys.guest('prod', 105), JSON.stringify(guest(105, 'web', { status: 'stopped' })));
  expect(await waiting).toMatchObject({ matched: true, events: [{ guest: 'prod/105', state: 'stopped' }] });
});

it('sees a state that a guest had only between two calls', async () => {
  const cursor = await cursorOfNow();
  await publishEvent(bench.bus, event('stopped-for-a-moment'));
  expect(await wait({ guest: 'web', state: 'stopped' }, { cursor })).toMatchObject({
    matched: true,
    events: [{ id: 'stopped-for-a-moment' }],
  });
});

it('wakes when an incident gets the status', async () => {
  const waiting = wait({ incident: 'inc-1', status: 'resolved' });
  await bench.bus.publish(
    subjects.incident('inc-1', 'updated'),
    incident('inc-1', { status: 'acknowledged' }),
  );
  await bench.bus.publish(subjects.incident('inc-1', 'resolved'), incident('inc-1', { status: 'resolved' }));
  expect(await waiting).toMatchObject({ matched: true, events: [{ id: 'inc-1', status: 'resolved' }] });
});

it('ends when the caller goes away', async () => {
  const gone = new AbortController();
  const calling = bench.call(
    'events_wait',
    { until: { event: {} }, timeout_s: 120 },
    { signal: gone.signal },
  );
  gone.abort();
  expect(await calling).toMatchObject({ ok: true, structured: { data: { matched: false } } });
});

it('refuses to hold more waits open than one token may', async () => {
  const gone = new AbortController();
  const hold = () =>
    bench.call('events_wait', { until: { event: {} }, timeout_s: 120 }, { signal: gone.signal });
  const held = [hold(), hold(), hold()];
  expect(await bench.call('events_wait', { until: { event: {} } })).toMatchObject({
    structured: { code: 'busy' },
  });
  gone.abort();
  await Promise.all(held);
  expect(await wait({ event: {} }, { timeout_s: 0 })).toMatchObject({ matched: false });
});

it.each([
  [{ until: {} }],
  [{ until: { task: 'x', event: {} } }],
  [{ until: { guest: 'web' } }],
  [{ until: { event: {} }, cursor: 'made-up' }],
  [{ until: { event: {} }, timeout_s: 500 }],
])('refuses %j', async (args) => {
  expect(await bench.call('events_wait', args)).toMatchObject({ ok: false, structured: { code: 'invalid' } });
});
