import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EventsQuery, FactsQuery, type Event } from '@proxmox-mcp/schemas';
import { openTestIngest, type TestIngest } from '../testing/open-ingest.ts';
import { NIGHTLY_UPID, iso, nightlyBackup, sampleEvent } from '../testing/sample-events.ts';
import { HistoryInUse, HistoryTooNew, openHistory } from './open-history.ts';
import { createRawInputStore } from './raw-inputs.ts';
import { createRetention, usedBytes } from './retention.ts';
import { BadCursor } from './scan.ts';

describe('the history file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'proxmox-mcp-history-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is held by one at a time and free again after close', () => {
    const first = openHistory(folder);
    expect(() => openHistory(folder)).toThrow(HistoryInUse);
    first.close();
    const second = openHistory(folder);
    expect(second.historyId).toBe(first.historyId);
    second.close();
  });

  it('refuses a file of a newer release and says what to do', () => {
    openHistory(folder).close();
    const db = new DatabaseSync(join(folder, 'history.sqlite'));
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(() => openHistory(folder)).toThrow(HistoryTooNew);
    expect(() => openHistory(folder)).toThrow(/version 99.*start the newer release/);
  });
});

describe('queries', () => {
  let t: TestIngest;
  beforeEach(() => {
    t = openTestIngest();
  });
  afterEach(() => t.close());
  const ask = (query: Partial<EventsQuery>) => t.events.query(EventsQuery.parse(query));
  const many = (count: number, type = 'guest.state.running'): Event[] =>
    Array.from({ length: count }, (_, second) => sampleEvent({ type, second, node: `pve${second % 3}`, guest: { kind: 'qemu', vmid: 100 + (second % 7) } })); // prettier-ignore

  it('pages through all of it without gap or double, newest or oldest first', async () => {
    t.feed(...many(95));
    for (const order of ['newest', 'oldest'] as const) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await ask({ limit: 10, order, ...(cursor === undefined ? {} : { cursor }) });
        seen.push(...page.items.map((event) => event.occurredAt));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      const sorted = Array.from({ length: 95 }, (_, second) => iso(second));
      expect(seen).toEqual(order === 'oldest' ? sorted : sorted.reverse());
    }
  });

  it('combines every filter', async () => {
    t.feed(
      ...many(60),
      sampleEvent({ type: 'node.state.offline', node: 'pve1', second: 30, title: 'Node pve1 is OFFLINE' }),
    );
    expect((await ask({ vmid: 102, node: 'pve2', since: iso(10), until: iso(50) })).items.map((event) => event.occurredAt))
      .toEqual([iso(44), iso(23)]); // prettier-ignore
    expect((await ask({ types: ['node.*', '*.offline'] })).items).toHaveLength(1);
    expect((await ask({ types: ['*.lost'] })).items).toEqual([]);
    expect((await ask({ minSeverity: 'error' })).items.map((event) => event.type)).toEqual([
      'node.state.offline',
    ]);
    expect((await ask({ text: 'is offline' })).items).toHaveLength(1);
    expect((await ask({ channels: ['syslog'] })).items).toEqual([]);
    expect((await ask({ cluster: 'atlas', limit: 100 })).items).toHaveLength(61);
  });

  it('finds the rare among the many, chunk by chunk', async () => {
    t.run(() => {
      for (let second = 0; second < 21_000; second++)
        t.events.insert(
          { ...sampleEvent({ type: 'guest.state.running', second, id: `e${second}` }), title: second === 3 ? 'needle' : 'hay' },
          { seq: second + 1, fact: `f${second}`, isProgress: false },
        ); // prettier-ignore
    });
    const { items, nextCursor } = await ask({ text: 'needle' });
    expect(items.map((event) => [event.id, event.seq])).toEqual([['e3', 4]]);
    expect(nextCursor).toBeUndefined();
  });

  it('refuses a cursor that is none', async () => {
    await expect(ask({ cursor: 'x' })).rejects.toThrow(BadCursor);
  });

  it('answers tasks by UPID, state and user', async () => {
    t.feed(...nightlyBackup(), ...many(5));
    const facts = (query: Partial<FactsQuery>) => t.facts.query(FactsQuery.parse(query));
    expect((await facts({ upid: NIGHTLY_UPID })).items).toHaveLength(1);
    expect((await facts({ tasks: true, user: 'root@pam', types: ['backup.*'] })).items).toHaveLength(1);
    expect((await facts({ running: true })).items).toEqual([]);
    expect((await facts({ types: ['guest.state.*'], limit: 2 })).items).toHaveLength(2);
    expect((await facts({ tasks: true })).items).toHaveLength(1);
  });

  it('fills pages with tasks of one worker type', async () => {
    t.feed(
      ...Array.from({ length: 40 }, (_, second) =>
        sampleEvent({
          type: 'guest.start.succeeded',
          second,
          upid: `UPID:pve1:0000${String(1000 + second)}:00ABCDEF:65A1B2C3:qmstart:100:root@pam:`,
          facts: { task_type: second % 10 === 0 ? 'vzstart' : 'qmstart' },
        }),
      ),
    );
    const page = (cursor?: string) =>
      t.facts.query(
        FactsQuery.parse({ tasks: true, taskType: 'vzstart', limit: 3, ...(cursor && { cursor }) }),
      );
    const first = await page();
    expect(first.items.map((fact) => fact.facts['task_type'])).toEqual(['vzstart', 'vzstart', 'vzstart']);
    expect((await page(first.nextCursor)).items).toHaveLength(1);
    expect((await t.facts.query(FactsQuery.parse({ taskType: "x' OR 1=1 --" }))).items).toEqual([]);
  });

  it('deletes what is too old, but nothing unresolved', () => {
    t.feed(...many(700), ...nightlyBackup());
    const retain = createRetention(t.history.db, { maxAgeMs: 1_000, maxBytes: 1e12 });
    const later = Date.parse(iso(10_000));
    while (t.run(() => retain(later)));
    const count = (table: string) =>
      Number(t.history.db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
    expect([count('events'), count('facts'), count('incidents')]).toEqual([0, 0, 1]);
    // Places are gone through a part at a time.
    for (let round = 0; round < 3; round++) t.run(() => retain(later));
    expect(count('places')).toBe(0);
  });

  it('deletes the oldest when the file is too big', () => {
    t.feed(...many(2_000));
    const before = usedBytes(t.history.db);
    const retain = createRetention(t.history.db, { maxAgeMs: 1e12, maxBytes: before * 0.65 });
    while (t.run(() => retain(Date.parse(iso(0)))));
    expect(usedBytes(t.history.db)).toBeLessThanOrEqual(before * 0.65);
    const [first] = t.history.db.prepare('SELECT min(occurred) AS first FROM events').all();
    expect(Number(first?.['first'])).toBeGreaterThan(Date.parse(iso(0)));
  });

  it('keeps inputs to their share: they never push out an event', () => {
    t.feed(...many(200));
    const raws = createRawInputStore(t.history.db, (id) => t.events.ofRaw(id));
    const count = (table: string) =>
      Number(t.history.db.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count']);
    const keep = (n: number) =>
      raws.insert({
        id: `raw-${n}`,
        channel: 'syslog',
        source: 'atlas',
        origin: 'udp',
        receivedAt: iso(n),
        body: 'x'.repeat(10_000),
        encoding: 'utf8',
        truncated: false,
      });
    t.run(() => Array.from({ length: 2_000 }, (_, n) => keep(n)));
    const maxBytes = 20_000_000;
    expect(usedBytes(t.history.db)).toBeGreaterThan(maxBytes);
    const retain = createRetention(t.history.db, { maxAgeMs: 1e12, maxBytes });
    while (t.run(() => retain(Date.parse(iso(0)))));
    expect(count('events')).toBe(200);
    expect(count('raw_inputs')).toBeLessThan(maxBytes / 5 / 10_000);
    expect(count('raw_inputs')).toBeGreaterThan(0);
  });
});
