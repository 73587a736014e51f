import type { Event, Severity } from '@proxmox-mcp/schemas';
import * as fc from 'fast-check';
import { createFloodGate, type FloodGate } from './flood.ts';
import type { StormReport } from './storm.ts';

const AT = Date.UTC(2026, 10, 22);

let n = 0;
const event = (more: Partial<Event> = {}): Event => ({
  id: `ev-${n++}`,
  type: 'node.statd.slow',
  severity: 'notice',
  product: 'pve',
  channel: 'syslog',
  source: 'atlas',
  occurredAt: new Date(AT).toISOString(),
  receivedAt: new Date(AT).toISOString(),
  title: 'slow',
  facts: {},
  ...more,
});
const upid = (i: number) =>
  `UPID:pve1:${i.toString(16).padStart(8, '0')}:0A1B2C3D:6A01B2C3:qmstart:100:root@pam:`;

function tell(gate: FloodGate, atMs: number): StormReport[] {
  const reports = gate.due(atMs);
  for (const report of reports) gate.told(report);
  return reports;
}

const Severities: readonly Severity[] = ['info', 'notice', 'warning', 'error', 'critical'];
const steps = fc.array(
  fc.record({
    source: fc.constantFrom('atlas', 'borg', 'pbs1'),
    severity: fc.constantFrom(...Severities),
    type: fc.constantFrom('node.statd.slow', 'auth.ssh.failed', 'guest.start.started'),
    task: fc.boolean(),
    // Clocks of sources go back, too.
    waitMs: fc.integer({ min: -5_000, max: 20_000 }),
    tells: fc.boolean(),
  }),
  { maxLength: 400 },
);

it('stores every error, and counts everything else that it does not store exactly once', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 20 }), (list, burst) => {
      const gate = createFloodGate('syslog', { perSecond: 1, burst });
      const counted = new Map<string, number>();
      const ended: StormReport[] = [];
      let at = AT;
      for (const { source, severity, type, task, waitMs, tells } of list) {
        at += waitMs;
        const told = event({ source, severity, type, ...(task ? { upid: upid(n) } : {}) });
        const isStored = gate.admit(told, at);
        if (severity === 'error' || severity === 'critical') expect(isStored).toBe(true);
        if (!isStored) counted.set(`${source} ${type}`, (counted.get(`${source} ${type}`) ?? 0) + 1);
        if (tells) ended.push(...tell(gate, at).filter(({ state }) => state === 'ended'));
      }
      gate.endAll();
      ended.push(...tell(gate, at));
      expect(gate.isCalm).toBe(true);
      const summed = new Map<string, number>();
      for (const { source, draft } of ended) {
        const types = draft.facts['by_type'] as Record<string, number>;
        const sum = Object.values(types).reduce((a, b) => a + b, 0);
        expect(draft.facts['count']).toBe(sum);
        for (const [type, count] of Object.entries(types))
          summed.set(`${source} ${type}`, (summed.get(`${source} ${type}`) ?? 0) + count);
      }
      expect(summed).toEqual(counted);
    }),
    { numRuns: 100 },
  );
});

it('takes a boot storm of ten thousand tasks a second without losing one', () => {
  const gate = createFloodGate('syslog', { perSecond: 200, burst: 5_000 });
  const start = event({ upid: upid(1) });
  let stored = 0;
  for (let i = 0; i < 300_000; i++) if (gate.admit(start, AT + i / 10)) stored++;
  expect(stored).toBe(300_000);
  expect(gate.isCalm).toBe(true);
});

it('tells of one storm as it begins, goes on and ends, with one id and what it was made of', () => {
  const gate = createFloodGate('syslog', { perSecond: 1, burst: 2 });
  const storm = (from: number, count: number) => {
    for (let i = 0; i < count; i++) gate.admit(event({ title: `slow ${i}` }), from);
  };
  storm(AT, 12);
  const [started] = tell(gate, AT);
  storm(AT + 4_000, 14);
  expect(tell(gate, AT + 5_000)).toEqual([]);
  const [ongoing] = tell(gate, AT + 10_000);
  expect(tell(gate, AT + 33_999)).toEqual([]);
  const [ended] = tell(gate, AT + 34_000);
  expect([started, ongoing, ended].map((report) => [report?.state, report?.draft.facts['count']])).toEqual([
    ['started', 10],
    ['ongoing', 22],
    ['ended', 22],
  ]);
  const ids = new Set([started, ongoing, ended].map((report) => report?.draft.facts['storm_id']));
  expect(ids).toEqual(new Set([`syslog/atlas/${AT}`]));
  expect(ended?.draft).toMatchObject({
    type: 'source.storm',
    severity: 'warning',
    facts: { by_type: { 'node.statd.slow': 22 }, starttime: AT / 1000, endtime: AT / 1000 + 4 },
  });
  expect(ended?.draft.facts['samples']).toHaveLength(5);
  expect(gate.isCalm).toBe(true);
});

it('holds memory for a thousand sources and a hundred types, whatever names are made up', () => {
  const gate = createFloodGate('syslog', { perSecond: 1, burst: 1 });
  for (let i = 0; i < 20_000; i++) {
    const forged = event({ source: `forged-${i}`, type: `forged.type_${i}` });
    gate.admit(forged, AT);
    gate.admit(forged, AT);
  }
  const reports = tell(gate, AT);
  expect(reports).toHaveLength(1_001);
  const shared = reports.find(({ draft }) => Number(draft.facts['count']) > 1_000);
  expect(Object.keys(shared?.draft.facts['by_type'] ?? {})).toHaveLength(101);
});

it('tells again what the bus did not take', () => {
  const gate = createFloodGate('syslog', { perSecond: 1, burst: 1 });
  for (let i = 0; i < 3; i++) gate.admit(event(), AT);
  expect(gate.due(AT)).toHaveLength(1);
  expect(gate.due(AT + 1_000)).toHaveLength(1);
  gate.endAll();
  expect(gate.due(AT + 2_000)).toHaveLength(1);
  expect(tell(gate, AT + 3_000)).toHaveLength(1);
  expect(gate.isCalm).toBe(true);
});
