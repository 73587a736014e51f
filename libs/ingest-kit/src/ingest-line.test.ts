import { openTestBus } from '@proxmox-mcp/bus/testing';
import { filters, type DeadLetter, type Event, type EventDraft, type RawInput } from '@proxmox-mcp/schemas';
import { createIngestLine } from './ingest-line.ts';
import { countMetrics, testContext } from './testing/index.ts';

const draft = (identity: string, facts: Record<string, unknown> = {}): EventDraft => ({
  type: 'notification.unmapped',
  severity: 'info',
  product: 'pve',
  identity,
  facts,
});

it('keeps an event too large for the bus as a dead letter and stores the others of its input', async () => {
  const t = await openTestBus();
  try {
    const { log, metrics } = testContext({}, t.bus);
    const line = createIngestLine({
      service: 'ingest-test',
      channel: 'syslog',
      bus: t.bus,
      log,
      metrics,
      flood: { perSecond: 200, burst: 5_000 },
    });
    const letter = Promise.withResolvers<DeadLetter>();
    await t.bus.subscribe({ filters: [filters.allDeadLetters], from: 0 }, ({ data }) => letter.resolve(data));
    const settled = await line.settle(
      { source: 'atlas', origin: 'udp 192.0.2.1:514', raw: 'input', receivedAt: Date.UTC(2026, 10, 22) },
      { events: [draft('a'), draft('b', { list: 'x'.repeat(1_100_000) }), draft('c')] },
    );
    expect(settled.stored).toBe(2);
    expect(settled.events).toHaveLength(2);
    expect(await letter.promise).toMatchObject({
      service: 'ingest-test',
      stage: 'publish',
      reason: 'event-too-large',
      body: 'input',
    });
  } finally {
    await t.close();
  }
});

it('gives the same input the same id, as text and as bytes', async () => {
  const t = await openTestBus();
  try {
    const { log, metrics } = testContext({}, t.bus);
    const line = createIngestLine({
      service: 'ingest-test',
      channel: 'syslog',
      bus: t.bus,
      log,
      metrics,
      flood: { perSecond: 200, burst: 5_000 },
    });
    const input = { source: 'atlas', origin: 'udp', receivedAt: Date.UTC(2026, 10, 22) };
    const { identity: _none, ...nameless } = draft('none');
    const [text, bytes] = [
      { ...input, raw: 'Grüße' },
      { ...input, raw: Buffer.from('Grüße') },
    ];
    const first = await line.settle(text, { events: [nameless, draft('UPID:pve1:')] });
    const second = await line.settle(bytes, { events: [nameless, draft('UPID:pve1:')] });
    expect(first.events.map(({ id }) => id)).toEqual([
      'ev-0tovmo0-uHF1B3vOhexodKGxJ-hQMU',
      'ev-Aa35RpN50zPGvE5sKqOCcImq9q',
    ]);
    expect(second).toMatchObject({ stored: 0, events: first.events });
  } finally {
    await t.close();
  }
});

it('keeps what an event was read from beside it, and nothing of what is noise', async () => {
  const t = await openTestBus();
  try {
    const line = createIngestLine({ ...testContext({}, t.bus), service: 'ingest-test', channel: 'syslog' });
    const input = { source: 'atlas', origin: 'udp 192.0.2.1:514', receivedAt: Date.UTC(2026, 10, 22) };
    const { identity: _none, ...nameless } = draft('none');
    await line.settle({ ...input, raw: 'cron noise' }, { ignore: true, reason: 'noise' });
    const { events } = await line.settle(
      { ...input, raw: 'password=hunter2 two', context: { datagrams: 1 }, format: 'syslog' },
      { events: [nameless, nameless] },
    );
    // Published once, whatever is resent.
    await line.settle({ ...input, raw: 'password=hunter2 two' }, { events: [nameless, nameless] });
    const raws: RawInput[] = [];
    await t.bus.subscribe({ filters: [filters.allRaw], from: 0 }, ({ data }) => void raws.push(...data));
    while (raws.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const [kept, resent] = raws;
    expect(kept).toEqual({
      id: events[0]?.raw,
      channel: 'syslog',
      source: 'atlas',
      origin: 'udp 192.0.2.1:514',
      receivedAt: '2026-11-22T00:00:00.000Z',
      body: 'password=*** two',
      encoding: 'utf8',
      truncated: false,
      context: { datagrams: 1 },
      format: 'syslog',
    });
    expect(resent?.id).toBe(kept?.id);
    expect(new Set(events.map(({ raw }) => raw))).toEqual(new Set([kept?.id]));
    expect(new Set(events.map(({ id }) => id)).size).toBe(2);
    expect(await t.bus.lastSeq('EVENTS')).toBe(2);
  } finally {
    await t.close();
  }
});

it('counts a flood in one storm, stores its errors, and tells at the end what it counted', async () => {
  const t = await openTestBus();
  try {
    const { metrics, counts } = countMetrics();
    const line = createIngestLine({
      ...testContext({}, t.bus, { metrics, flood: { perSecond: 1, burst: 10 } }),
      service: 'ingest-test',
      channel: 'syslog',
    });
    const at = Date.UTC(2026, 10, 22);
    const settle = (i: number, severity: 'info' | 'error') =>
      line.settle(
        { source: 'atlas', origin: 'udp', raw: `line ${i}`, receivedAt: at },
        { events: [{ ...draft(`n${i}`), severity }] },
      );
    const settled = await Promise.all(
      Array.from({ length: 500 }, (_, i) => settle(i, i % 100 === 99 ? 'error' : 'info')),
    );
    expect(settled.filter(({ stored }) => stored === 1)).toHaveLength(15);
    await line.stop();
    const events: Event[] = [];
    await t.bus.subscribe({ filters: [filters.allEvents], from: 0 }, ({ data }) => void events.push(data));
    const last = await t.bus.lastSeq('EVENTS');
    while (events.length < last) await new Promise((resolve) => setImmediate(resolve));
    expect(events.filter(({ severity }) => severity === 'error')).toHaveLength(5);
    const storms = events.filter(({ type }) => type === 'source.storm');
    expect(storms.at(-1)).toMatchObject({
      source: 'atlas',
      facts: { state: 'ended', count: 485, by_type: { 'notification.unmapped': 485 } },
    });
    expect(storms.at(-1)?.title).toBe('Atlas tells more than is stored: 485 events were only counted');
    expect(counts.get('ingest_storm_events_total{channel=syslog,severity=info}')).toBe(485);
    // Inputs of what was only counted are not kept: a flood must not fill the store by another door.
    expect(await t.bus.lastSeq('RAW')).toBe(15);
  } finally {
    await t.close();
  }
});
