import { guestRow, nodeRow, openLab, type Lab } from '../testing/open-lab.ts';
import { nightlyBackup } from '../testing/sample-events.ts';

let lab: Lab;
beforeEach(async () => {
  lab = await openLab({ rules: { rules: { 'guest-down': { for: '10s', clear_for: '10s' } } } });
  lab.put(nodeRow('pve1'), nodeRow('pve2'), guestRow(101));
  await lab.pass(60);
});
afterEach(() => lab.close());

const words = () => lab.told().map(({ word }) => word);
const set = async (status: 'running' | 'stopped', seconds: number) => {
  lab.put(guestRow(101, { status }));
  await lab.pass(seconds);
};

it('goes on with the same incident when the condition is back a moment later', async () => {
  await set('stopped', 60);
  await set('running', 60);
  await set('stopped', 60);
  expect(lab.incidents()).toMatchObject([{ status: 'open', occurrences: 2 }]);
  expect(words()).toEqual(['opened', 'resolved', 'updated']);
  await set('running', 1_800);
  await set('stopped', 60);
  expect(lab.incidents()).toHaveLength(2);
});

it('makes one state of what comes and goes, told once, and over when it has been quiet', async () => {
  for (let cycle = 0; cycle < 20; cycle++) {
    await set('stopped', 60);
    await set('running', 60);
  }
  const [flapping, ...others] = lab.incidents();
  expect(others).toEqual([]);
  expect(flapping).toMatchObject({ status: 'flapping', occurrences: 20 });
  expect(words().filter((word) => word === 'resolved')).toHaveLength(3);
  const episodes = flapping?.timeline.filter(({ what }) => what === 'reopened' || what === 'flapping');
  expect(episodes).toHaveLength(4);
  await lab.restart();
  await lab.pass(2_000);
  expect(lab.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
});

it('opens what flapped and then stays bad, acknowledged where it was', async () => {
  for (let cycle = 0; cycle < 4; cycle++) {
    await set('stopped', 60);
    await set('running', 60);
  }
  lab.command({ id: lab.incidents()[0]?.id ?? '', op: 'acknowledge' });
  expect(lab.incidents()).toMatchObject([{ status: 'flapping', acknowledgedBy: 'anna' }]);
  await set('stopped', 2_000);
  expect(lab.incidents()).toMatchObject([{ status: 'acknowledged' }]);
});

it('is stale while nothing is heard of its object, never over by that, and what it was afterwards', async () => {
  await set('stopped', 60);
  lab.command({ id: lab.incidents()[0]?.id ?? '', op: 'acknowledge' });
  lab.reach(false);
  await lab.pass(900);
  expect(lab.incidents()).toMatchObject([{ status: 'stale', staleSince: '2026-03-14T01:02:00.000Z' }]);
  // The service itself was away: everything has its time to be seen again.
  await lab.restart();
  await lab.pass(7_200);
  expect(lab.incidents()).toMatchObject([{ status: 'stale' }]);
  lab.reach(true);
  await lab.pass(20);
  expect(lab.incidents()).toMatchObject([{ status: 'acknowledged', acknowledgedBy: 'anna' }]);
  expect(lab.incidents()[0]).not.toHaveProperty('staleSince');
});

it('ends with the guest the backup that waits for it', async () => {
  const night = nightlyBackup({ from: lab.second() });
  lab.put(guestRow(104), guestRow(105), guestRow(106));
  await lab.pass(10);
  await lab.hear(...night);
  await lab.pass(600);
  expect(lab.incidents()).toMatchObject([{ status: 'open', guest: { vmid: 104 } }]);
  lab.remove('guest', 104);
  await lab.pass(10);
  expect(lab.incidents()).toMatchObject([{ status: 'resolved', resolution: 'gone' }]);
});

it('merges one incident into another on command, and only into one that is open', async () => {
  await lab.hear(...nightlyBackup({ from: lab.second(), ok: [150] }));
  await set('stopped', 60);
  const [backup, down] = lab.incidents();
  if (backup === undefined || down === undefined) throw new Error('two incidents are needed');
  const merge = (id: string, into?: string) =>
    lab.command({ id, op: 'merge', ...(into === undefined ? {} : { into }), note: 'one cause' });
  expect(merge(backup.id)).toMatchObject({ kind: 'invalid' });
  expect(merge(backup.id, backup.id)).toMatchObject({ kind: 'invalid' });
  expect(merge(backup.id, 'inc-none')).toMatchObject({ kind: 'invalid' });
  expect(merge(backup.id, down.id)).toMatchObject({ kind: 'changed' });
  expect(merge(backup.id, down.id)).toEqual({ kind: 'same' });
  expect(merge(down.id, backup.id)).toMatchObject({ kind: 'invalid' });
  const [merged, target] = lab.incidents();
  expect(merged).toMatchObject({ status: 'resolved', resolution: 'merged' });
  expect(target).toMatchObject({ status: 'open', severity: 'error', occurrences: 2 });
  expect(target?.facts).toEqual(expect.arrayContaining(backup.facts));
  expect(target?.timeline.at(-1)).toMatchObject({
    what: 'merged',
    ref: backup.id,
    by: 'anna',
    note: 'one cause',
  });
});

it('leaves closed what a person closed, over restarts, until it has been over', async () => {
  await set('stopped', 60);
  lab.command({ id: lab.incidents()[0]?.id ?? '', op: 'resolve' });
  await lab.restart();
  await lab.pass(600);
  expect(lab.incidents()).toMatchObject([{ status: 'resolved', resolution: 'manual' }]);
  await set('running', 60);
  await set('stopped', 60);
  expect(lab.incidents()).toMatchObject([{ status: 'resolved' }, { status: 'open' }]);
});
