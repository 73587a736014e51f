import { openTestBus } from '@proxmox-mcp/bus/testing';
import { filters, type DeadLetter, type EventDraft } from '@proxmox-mcp/schemas';
import { createIngestLine } from './ingest-line.ts';
import { testContext } from './testing/index.ts';

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
      'ev-uHF1B3vOhexodKGxJ-hQMU_Er6',
      'ev-Aa35RpN50zPGvE5sKqOCcImq9q',
    ]);
    expect(second).toMatchObject({ stored: 0, events: first.events });
  } finally {
    await t.close();
  }
});
