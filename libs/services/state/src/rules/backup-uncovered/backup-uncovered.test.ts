import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { backupUncovered } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const DAY = 86_400;
const guest = (vmid: number) => ({ kind: 'qemu' as const, vmid, name: `vm${vmid}` });
const said = (word: 'uncovered' | 'covered', second: number, vmid: number) =>
  sampleEvent({ type: `guest.backup.${word}`, second, guest: guest(vmid), facts: { name: `vm${vmid}` } });
const many = Array.from({ length: 12 }, (_, n) => ({ vmid: 200 + n, name: `vm${200 + n}` }));

it('tells of a guest that is in no job after a day, until it is', () => {
  t = tryRule(backupUncovered);
  t.hear(said('uncovered', 0, 104), said('uncovered', 0, 105));
  t.hear(said('covered', DAY / 2, 105));
  expect(t.incidents()).toEqual([]);
  t.wait(DAY + 60);
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|guest/104|guest.backup.uncovered', severity: 'warning', guest: { vmid: 104 } },
  ]);
  t.hear(said('covered', 2 * DAY, 104));
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
});

it('exempts tagged guests, and forgets those that are gone', () => {
  const surroundings = {
    labelsOf: (_: unknown, vmid: number) => (vmid === 104 ? { tags: ['mcp-no-backup'] } : {}),
  };
  t = tryRule(backupUncovered, {}, { surroundings });
  t.hear(said('uncovered', 0, 104), said('uncovered', 0, 105));
  t.hear(sampleEvent({ type: 'guest.disappeared', second: 600, guest: guest(105) }));
  t.wait(2 * DAY);
  expect(t.incidents()).toEqual([]);
});

it('is one incident of a job that was switched off, over when each of its guests is in one again', () => {
  t = tryRule(backupUncovered);
  t.hear(sampleEvent({ type: 'guest.backup.uncovered', second: 0, facts: { count: 12, guests: many } }));
  t.wait(DAY + 60);
  expect(t.incidents()).toMatchObject([{ title: '12 guests are in no backup job', status: 'open' }]);
  t.hear(said('covered', DAY + 100, 200));
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.hear(
    sampleEvent({
      type: 'guest.backup.covered',
      second: DAY + 200,
      facts: { count: 11, guests: many.slice(1) },
    }),
  );
  expect(t.incidents()).toMatchObject([{ status: 'resolved' }]);
});
