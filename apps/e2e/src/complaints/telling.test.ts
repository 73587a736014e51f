import { openWeek, type Week } from '../testing/open-week.ts';
import { acknowledge, guestIs, MINUTE, NODES, SLOWER, storageIs, theOne, titles } from './lab.ts';

// Rows of USER_ASKS.md, the first complaints of users elsewhere: each has a test of its name.

let week: Week;
async function open(guests: number, files: Readonly<Record<string, unknown>> = {}) {
  week = await openWeek(NODES, SLOWER, { files });
  for (let i = 0; i < guests; i++) week.pve.guest(101 + i, NODES[1 + (i % 2)] ?? 'pve2', { name: `app${i}` });
  storageIs(week, 'tank', 50);
  await week.pass(2 * MINUTE);
}
afterEach(() => week.close());

it('1 · notified again and again for the same thing, even after it was acknowledged', async () => {
  await open(1);
  storageIs(week, 'tank', 92);
  await week.pass(30 * MINUTE);
  const { id } = await theOne(week, 'storage.usage.high');
  await acknowledge(week, id);
  for (let look = 0; look < 12; look++) {
    storageIs(week, 'tank', 91.5 + (look % 3) / 2);
    await week.pass(5 * MINUTE);
    if (look % 4 === 2) await week.restart();
  }
  expect(await theOne(week, 'storage.usage.high')).toMatchObject({ id, status: 'acknowledged' });
  expect(week.messages).toMatchObject([{ kind: 'opened', incidentId: id }]);
  storageIs(week, 'tank', 50);
  await week.pass(20 * MINUTE);
  expect(week.messages.slice(1)).toMatchObject([{ kind: 'resolved', incidentId: id }]);
}, 120_000);

it('2 · one cause, N messages', async () => {
  await open(0);
  for (let i = 0; i < 27; i++) week.pve.guest(200 + i, 'pve2', { name: `web${i}` });
  await week.pass(5 * MINUTE);
  week.pve.nodes.set('pve2', 'offline');
  for (const { vmid } of [...week.pve.guests.values()]) guestIs(week, vmid, 'unknown');
  await week.pass(15 * MINUTE);
  expect(week.messages).toHaveLength(1);
  const [opened] = week.messages;
  expect(opened?.title).toMatch(/pve2/);
  expect(`${opened?.title} ${opened?.body}`).toMatch(/\b27 guests\b/);

  week.pve.nodes.set('pve2', 'online');
  for (const { vmid } of [...week.pve.guests.values()])
    guestIs(week, vmid, vmid < 202 ? 'stopped' : 'running');
  await week.pass(20 * MINUTE);
  expect(titles(week, 'resolved')).toHaveLength(1);
  // What is still bad is told, together.
  expect(titles(week, 'opened').slice(1)).toHaveLength(1);
}, 120_000);

it('5 · missed or lost notifications', async () => {
  await open(2);
  week.channelsAre('away');
  guestIs(week, 101, 'stopped');
  await week.pass(5 * MINUTE);
  await week.restart();
  await week.pass(5 * MINUTE);
  guestIs(week, 101, 'running');
  await week.pass(5 * MINUTE);
  guestIs(week, 102, 'stopped');
  await week.pass(5 * MINUTE);
  await week.restart();
  expect(week.messages).toEqual([]);
  week.channelsAre('back');
  await week.pass(60 * MINUTE);
  guestIs(week, 102, 'running');
  await week.pass(10 * MINUTE);
  const told = (name: string) =>
    week.messages.filter(({ title }) => title.includes(name)).map(({ kind }) => kind);
  expect(told('app0')).toEqual(['opened', 'resolved']);
  expect(told('app1')).toEqual(['opened', 'resolved']);
}, 120_000);

it('9 · delay and grace per object, not per type; flapping', async () => {
  await open(3, {
    'rules.yaml': { overrides: [{ match: { guest: 101 }, rules: { 'guest-down': { for: '30m' } } }] },
  });
  const both = (status: 'running' | 'stopped') => [101, 102].forEach((vmid) => guestIs(week, vmid, status));
  both('stopped');
  await week.pass(10 * MINUTE);
  both('running');
  await week.pass(20 * MINUTE);
  expect(titles(week, 'opened')).toEqual([expect.stringContaining('app1')]);
  guestIs(week, 101, 'stopped');
  await week.pass(35 * MINUTE);
  expect(titles(week, 'opened')).toEqual([expect.stringContaining('app1'), expect.stringContaining('app0')]);

  const before = week.messages.length;
  for (let time = 0; time < 10; time++) {
    guestIs(week, 103, 'stopped');
    await week.pass(2 * MINUTE);
    guestIs(week, 103, 'running');
    await week.pass(2 * MINUTE);
  }
  const about = (await week.incidents()).filter(({ guest }) => guest?.vmid === 103);
  expect(about).toMatchObject([{ status: 'flapping' }]);
  // Ten times down and up are not twenty messages: the first few, and that it flaps.
  expect(week.messages.length - before).toBeLessThanOrEqual(8);
  const flapping = week.messages.length;
  await week.pass(60 * MINUTE);
  expect(week.messages.length - flapping).toBe(1);
}, 120_000);

it('10 · disabled means disabled', async () => {
  await open(3, {
    'rules.yaml': {
      rules: { 'storage-usage': { enabled: false } },
      overrides: [{ match: { tag: 'quiet' }, rules: { 'guest-down': { enabled: false } } }],
    },
  });
  week.pve.guest(101, 'pve2', { name: 'app0', tags: ['quiet'] });
  await week.pass(MINUTE);
  storageIs(week, 'tank', 97);
  guestIs(week, 101, 'stopped');
  guestIs(week, 102, 'stopped');
  await week.pass(30 * MINUTE);
  // Not made and hidden: never made.
  expect(await week.incidents()).toMatchObject([{ guest: { vmid: 102 } }]);
  expect(week.messages).toMatchObject([{ kind: 'opened', title: expect.stringContaining('app1') }]);
}, 120_000);
