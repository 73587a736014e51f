import fc from 'fast-check';
import { parseUpid, type TaskRow } from '@proxmox-mcp/proxmox-events';
import {
  NOTHING_KNOWN,
  closeArchive,
  foldArchive,
  foldEnd,
  foldList,
  type TaskMemory,
} from './task-memory.ts';

const START = 0x69b4a500;
const hex = (n: number) => n.toString(16).toUpperCase().padStart(8, '0');
const row = (n: number, endtime?: number, status = 'OK'): TaskRow => {
  const upid = parseUpid(`UPID:pve1:${hex(n)}:0A650000:${hex(START + n)}:qmstart:${100 + n}:root@pam:`);
  if (!upid) throw new Error('bad test UPID');
  return endtime === undefined ? { upid } : { upid, end: { status, endtime } };
};
const NOW = (START + 10_000) * 1000;

describe('the memory of tasks', () => {
  it('tells each start and each end exactly once, whatever the order of lists, statuses and archives', () => {
    const look = fc.record({
      kind: fc.constantFrom('list', 'archive', 'status'),
      tasks: fc.uniqueArray(fc.record({ n: fc.integer({ min: 0, max: 20 }), ended: fc.boolean() }), {
        selector: ({ n }) => n,
      }),
    });
    fc.assert(
      fc.property(fc.array(look, { maxLength: 30 }), (looks) => {
        let memory: TaskMemory = closeArchive(
          { ...NOTHING_KNOWN, isKnown: true },
          { node: 'pve1', end: 0 },
          true,
        );
        const told = new Set<string>();
        for (const { kind, tasks } of looks) {
          const rows = tasks.map(({ n, ended }) => row(n, ended ? START + n + 60 : undefined));
          const ended = rows.filter((one) => one.end);
          const steps = {
            list: (m: TaskMemory) => [foldList(m, rows, NOW)],
            archive: (m: TaskMemory) => [foldArchive(m, ended, NOW)],
            status: (m: TaskMemory) => ended.slice(0, 1).map((one) => foldEnd(m, one, NOW)),
          }[kind](memory);
          for (const { next, drafts } of steps) {
            memory = JSON.parse(JSON.stringify(next)) as TaskMemory;
            for (const { identity } of drafts) {
              expect(told).not.toContain(identity);
              told.add(identity ?? '');
            }
          }
        }
      }),
    );
  });

  it('does not tell again what ended before the horizon, though it has forgotten it', () => {
    let memory = foldList({ ...NOTHING_KNOWN, isKnown: true }, [row(1, START + 5)], START * 1000).next;
    memory = closeArchive(memory, { node: 'pve1', end: START + 5_000 }, false);
    memory = foldList(memory, [row(2, START + 5_001)], NOW).next;
    expect(Object.keys(memory.ended)).toHaveLength(1);
    expect(foldArchive(memory, [row(2, START + 5_001), row(1, START + 5)], NOW)).toMatchObject({
      drafts: [],
      knownAtEnd: 2,
    });
  });

  it('tells the ends of an archive oldest first, and counts from the last unknown one what it knew', () => {
    const known = foldList(NOTHING_KNOWN, [row(1, START + 5)], START * 1000).next;
    const step = foldArchive(known, [row(3, START + 9_003), row(2, START + 9_002), row(1, START + 5)], NOW);
    expect(step.drafts.map((draft) => draft.guest?.vmid)).toEqual([102, 103]);
    expect(step.knownAtEnd).toBe(1);
  });

  it('stays bounded however many tasks pass', () => {
    let memory: TaskMemory = { ...NOTHING_KNOWN, isKnown: true };
    for (let i = 0; i < 4; i++) {
      const rows = Array.from({ length: 5_000 }, (_, n) => row(i * 5_000 + n, START + 20_000 + n, 'boom'));
      memory = foldList(memory, rows, NOW).next;
    }
    expect(Object.keys(memory.ended).length).toBeLessThanOrEqual(10_000);
    expect(Object.keys(memory.logsDue).length).toBeLessThanOrEqual(200);
  });
});
