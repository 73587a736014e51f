import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Event, Fact } from '@proxmox-mcp/schemas';
import { createCorrelator } from '../correlator.ts';
import { NO_TOPOLOGY } from '../facts/topology.ts';
import { createEventStore } from '../history/events.ts';
import { createFactStore } from '../history/facts.ts';
import { openHistory } from '../history/open-history.ts';
import { createPlaceStore } from '../history/places.ts';
import { epoch, nightlyBackup, sampleEvent } from '../testing/sample-events.ts';
import { reportSets } from '../testing/stories.ts';
import { createCorrelation } from './correlate.ts';

/** Sets of reports tried: `CORRELATE_SETS=20000` for long runs. */
const SETS = Number(process.env['CORRELATE_SETS'] ?? 400);

/** All that is said of the facts; only how often each was told depends on how the reports came. */
function said(facts: readonly Fact[]): unknown[] {
  return facts.map(({ revision: _, ...fact }) => fact);
}

function factsOf(...batches: readonly (readonly Event[])[]): Fact[] {
  const correlator = createCorrelator();
  try {
    for (const batch of batches) correlator.add(...batch);
    return correlator.facts().map(({ fact }) => fact);
  } finally {
    correlator.close();
  }
}

const oneByOne = (events: readonly Event[]) => factsOf(...events.map((event) => [event]));

describe('correlation', () => {
  it('makes the same facts and links of the same reports, in any order, doubled, alone or many at once', () => {
    const order = reportSets.chain((events) =>
      fc.record({
        events: fc.constant(events),
        numbers: fc.shuffledSubarray([...events.keys()], { minLength: events.length }),
        again: fc.array(fc.nat(events.length - 1), { maxLength: 6 }),
        cut: fc.nat(events.length),
      }),
    );
    fc.assert(
      fc.property(order, ({ events, numbers, again, cut }) => {
        const at = (list: readonly number[]) => list.flatMap((number) => events[number] ?? []);
        const expected = said(oneByOne(events));
        expect(said(oneByOne(at([...numbers, ...again])))).toEqual(expected);
        expect(said(factsOf(at(numbers.slice(0, cut)), at(again), at(numbers.slice(cut))))).toEqual(expected);
      }),
      { numRuns: SETS },
    );
  }, 300_000);

  it('never merges two tasks, and leaves no report without a fact', () => {
    fc.assert(
      fc.property(reportSets, (events) => {
        const correlator = createCorrelator();
        try {
          correlator.add(...events);
          const facts = correlator.facts();
          const byId = new Map(events.map((event) => [event.id, event]));
          for (const { events: members } of facts)
            expect(new Set(members.flatMap((id) => byId.get(id)?.upid ?? [])).size).toBeLessThanOrEqual(1);
          expect(facts.flatMap((fact) => fact.events).sort()).toEqual(events.map(({ id }) => id).sort());
        } finally {
          correlator.close();
        }
      }),
      { numRuns: SETS },
    );
  }, 300_000);

  it('goes on after a restart as if nothing had happened', () => {
    const halves = reportSets.chain((events) => fc.tuple(fc.constant(events), fc.nat(events.length)));
    fc.assert(
      fc.property(halves, ([events, cut]) => {
        const folder = mkdtempSync(join(tmpdir(), 'proxmox-mcp-correlate-'));
        try {
          restartable(folder, events.slice(0, cut));
          expect(said(restartable(folder, events.slice(cut)))).toEqual(said(oneByOne(events)));
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: 40 },
    );
  }, 300_000);

  it('takes a weakly placed report along to where a stronger key shows it belongs, and tells readers', () => {
    const webhook = nightlyBackup().find(({ channel }) => channel === 'webhook') as Event;
    const copy: Event = { ...webhook, id: 'copy', channel: 'email' };
    const told: Fact[] = [];
    const folder = mkdtempSync(join(tmpdir(), 'proxmox-mcp-correlate-'));
    try {
      restartable(folder, [copy, webhook, ...nightlyBackup()], (fact) => told.push(fact));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const last = new Map(told.map((fact) => [fact.id, fact]));
    const task = [...last.values()].find(
      ({ upid, mergedInto }) => upid !== undefined && mergedInto === undefined,
    );
    expect(task?.members).toEqual(expect.arrayContaining(['copy', webhook.id]));
    expect(last.get('event/copy')).toMatchObject({ mergedInto: task?.id, members: [], revision: 3 });
  });

  it('counts a burst however long it is, and shows its first and last reports', () => {
    const burst = Array.from({ length: 2_000 }, (_, second) =>
      sampleEvent({
        type: 'auth.login.failed',
        id: `login-${String(second).padStart(4, '0')}`,
        channel: 'syslog',
        node: 'pve1',
        second,
        facts: { user: 'root@pam', rhost: '203.0.113.9' },
      }),
    );
    const [fact, ...others] = factsOf(burst.slice(1_000), burst.slice(0, 500), burst.slice(500, 1_000));
    expect(others).toEqual([]);
    expect(fact?.facts['count']).toBe(2_000);
    expect(fact?.members).toHaveLength(10);
    expect(fact?.members).toEqual(expect.arrayContaining(['login-0000', 'login-1999']));
    const [parted] = factsOf(burst.filter((_, second) => second < 700 || second > 800));
    expect(parted?.facts['count']).toBe(700);
  });

  it('stays with what is near where more is about than can be looked at, and says so', () => {
    const cuts: string[] = [];
    const folder = mkdtempSync(join(tmpdir(), 'proxmox-mcp-correlate-'));
    const flood = Array.from({ length: 400 }, (_, number) =>
      sampleEvent({
        type: 'notification.unmapped',
        id: `flood-${String(number).padStart(3, '0')}`,
        channel: 'email',
        node: 'pve1',
        second: Math.floor(number / 10),
        facts: { notification_type: 'drift', title: `drift ${number % 2}` },
      }),
    );
    try {
      const facts = restartable(folder, flood, undefined, (key) => cuts.push(key));
      expect(new Set(cuts)).toEqual(new Set(['copies']));
      expect(facts.reduce((sum, { members }) => sum + members.length, 0)).toBeGreaterThan(100);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('joins the lines of a worker to a task that only its progress tells of', () => {
    const upid = `UPID:pve1:0000AFFE:0A5C11D3:${epoch(0).toString(16).toUpperCase()}:vzdump::root@pam:`;
    const progress = sampleEvent({ type: 'backup.guest.progress', node: 'pve1', upid, second: 60, guest: { kind: 'qemu', vmid: 101 }, facts: { percent: 4 } }); // prettier-ignore
    const line = sampleEvent({ type: 'backup.guest.failed', channel: 'syslog', node: 'pve1', second: 90, guest: { kind: 'unknown', vmid: 101 }, facts: { error: 'x', worker_pid: 0xaffe } }); // prettier-ignore
    for (const events of [
      [progress, line],
      [line, progress],
    ])
      expect(oneByOne(events).map(({ id }) => id)).toEqual([upid, `${upid}/101`]);
  });
});

/** Opens the history of a folder, stores the events one by one and closes it again. */
function restartable(
  folder: string,
  list: readonly Event[],
  onFact: (fact: Fact) => void = () => undefined,
  onCut: (key: string) => void = () => undefined,
): Fact[] {
  const history = openHistory(folder);
  try {
    const correlation = createCorrelation({
      events: createEventStore(history.db),
      facts: createFactStore(history.db),
      places: createPlaceStore(history.db),
      topology: () => NO_TOPOLOGY,
      onFact: ({ fact }) => onFact(fact),
      onCut,
    });
    for (const [seq, event] of list.entries())
      history.transaction(() => {
        correlation.store(event, seq);
        correlation.renew();
      });
    const rows = history.db.prepare('SELECT body FROM facts WHERE merged = 0 ORDER BY id').all();
    return rows.map(({ body }) => JSON.parse(String(body)) as Fact);
  } finally {
    history.close();
  }
}
