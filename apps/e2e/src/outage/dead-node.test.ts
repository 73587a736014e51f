import { openWeek, type Week } from '../testing/open-week.ts';

const NODES = ['pve1', 'pve2', 'pve3'];
const GUESTS = 200;

let week: Week;
beforeEach(async () => {
  week = await openWeek(NODES);
  for (let i = 0; i < GUESTS; i++) week.pve.guest(1_000 + i, 'pve2', { name: `app${i}` });
  for (let i = 0; i < 10; i++) week.pve.guest(100 + i, 'pve1');
});
afterEach(() => week.close());

const setAll = (status: 'running' | 'stopped' | 'unknown', but: readonly number[] = []) => {
  for (const guest of week.pve.guests.values())
    if (guest.node === 'pve2')
      week.pve.guests.set(guest.vmid, { ...guest, status: but.includes(guest.vmid) ? 'stopped' : status });
};

it('a node with 200 guests dies: one message that names it and counts them; it returns without three: its end, and one more message at most', async () => {
  await week.pass(1_200);
  expect(week.messages).toEqual([]);
  const died = week.elapsed();
  week.pve.nodes.set('pve2', 'offline');
  await week.pass(60);
  setAll('unknown');
  await week.pass(600);
  expect(week.messages).toHaveLength(1);
  const [opening] = week.messages;
  expect(opening?.title).toContain('pve2');
  expect(`${opening?.title} ${opening?.body}`).toMatch(/\b200 guests\b/);
  expect((opening?.at ?? Infinity) - died).toBeLessThanOrEqual(90_000);

  week.pve.nodes.set('pve2', 'online');
  setAll('running', [1_003, 1_004, 1_005]);
  await week.pass(1_200);
  const [, ending, ...others] = week.messages;
  expect(ending).toMatchObject({ kind: 'resolved', incidentId: opening?.incidentId });
  expect(others.length).toBeLessThanOrEqual(1);
  for (const other of others) expect(other.kind).toBe('opened');
}, 240_000);
