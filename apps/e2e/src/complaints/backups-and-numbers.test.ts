import { startLabLife } from '../week/lab-life.ts';
import { openWeek, type Week } from '../testing/open-week.ts';
import { acknowledge, guestIs, MINUTE, NODES, SLOWER, theOne, titles } from './lab.ts';

// Rows of USER_ASKS.md, the first complaints of users elsewhere: each has a test of its name.

let week: Week;
afterEach(() => week.close());

it('3 · backups cause false alarms', async () => {
  week = await openWeek(NODES, SLOWER);
  const life = startLabLife(week, NODES);
  await week.pass(5 * MINUTE);
  await life.nightly();
  expect(await week.incidents()).toEqual([]);

  guestIs(week, 101, 'stopped');
  await week.pass(5 * MINUTE);
  const { id } = await theOne(week, 'guest.state.stopped');
  await acknowledge(week, id);
  // vzdump starts a guest that is off, to read its disks, and stops it again: it is as down as before.
  const upid = week.pve.begin('vzdump', '101', 'pve1');
  guestIs(week, 101, 'running', { lock: 'backup' });
  await week.pass(3 * MINUTE);
  guestIs(week, 101, 'stopped', { lock: 'backup' });
  await week.pass(MINUTE);
  guestIs(week, 101, 'stopped');
  week.pve.end(upid);
  await week.pass(10 * MINUTE);
  expect(await theOne(week, 'guest.state.stopped')).toMatchObject({ id, status: 'acknowledged' });
  expect(week.messages).toMatchObject([{ kind: 'opened', incidentId: id }]);
}, 120_000);

it('4 · backup alarms for guests that no longer exist, templates and those that need none', async () => {
  week = await openWeek(
    NODES,
    { ...SLOWER, WEBSOCKET_COVERAGE_SECONDS: '300' },
    { files: { 'rules.yaml': { rules: { 'backup-uncovered': { for: '30m' } } } } },
  );
  week.pve.guest(100, 'pve1', { name: 'always' });
  week.pve.answers.set('not-backed-up', []);
  await week.pass(10 * MINUTE);
  const made = [
    { vmid: 901, name: 'short-lived' },
    { vmid: 902, name: 'golden', template: true, status: 'stopped' as const },
    { vmid: 903, name: 'scratch', tags: ['mcp-no-backup'] },
    { vmid: 904, name: 'forgotten' },
  ];
  for (const { vmid, ...more } of made) week.pve.guest(vmid, 'pve1', more);
  const listed = (vmids: readonly number[]) =>
    week.pve.answers.set(
      'not-backed-up',
      made
        .filter(({ vmid }) => vmids.includes(vmid))
        .map(({ vmid, name }) => ({ vmid, name, type: 'qemu' as const })),
    );
  await week.pass(MINUTE);
  listed([901, 902, 903, 904]);
  await week.pass(15 * MINUTE);
  week.pve.guests.delete(901);
  // The list may name it a little longer.
  await week.pass(7 * MINUTE);
  listed([902, 903, 904]);
  await week.pass(60 * MINUTE);
  expect(titles(week, 'opened')).toEqual([expect.stringContaining('forgotten')]);
  week.pve.guests.delete(904);
  listed([902, 903]);
  await week.pass(15 * MINUTE);
  // What is gone needs no backup any more.
  expect(titles(week, 'resolved')).toEqual([expect.stringContaining('forgotten')]);
  expect(week.messages).toHaveLength(2);
}, 120_000);

it('6 · memory numbers are wrong', async () => {
  week = await openWeek(NODES, SLOWER, {
    files: { 'rules.yaml': { rules: { 'guest-memory': { enabled: true } } } },
  });
  // Without an agent or balloon statistics a VM shows all it ever touched.
  week.pve.guest(101, 'pve1', { name: 'vm', mem: 8e9, maxmem: 8e9 });
  week.pve.guest(102, 'pve1', { name: 'ct', type: 'lxc', mem: 7.9e9, maxmem: 8e9 });
  await week.pass(30 * MINUTE);
  expect(titles(week, 'opened')).toEqual([expect.stringContaining('ct')]);
  const { why } = await theOne(week, 'guest.memory.high');
  expect(why).toMatchObject({ unit: '%', source: expect.stringMatching(/control group/) });
}, 120_000);
