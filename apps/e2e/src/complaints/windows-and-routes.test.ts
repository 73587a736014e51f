import { requests } from '@proxmox-mcp/schemas';
import { openWeek, type Week } from '../testing/open-week.ts';
import { acknowledge, guestIs, MINUTE, NODES, SLOWER, titles } from './lab.ts';

// Rows of USER_ASKS.md, the first complaints of users elsewhere: each has a test of its name.

let week: Week;
afterEach(() => week.close());

const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

it('11 · maintenance, quiet hours, snooze', async () => {
  week = await openWeek(NODES, SLOWER);
  for (const vmid of [101, 102, 103]) week.pve.guest(vmid, 'pve2', { name: `app${vmid}` });
  await week.pass(5 * MINUTE);
  const opened = await week.bus.request(requests.maintenance, {
    op: 'open',
    by: 'ada',
    match: { node: 'pve2' },
    from: inMinutes(10),
    until: inMinutes(60),
    reason: 'new memory',
  });
  expect(opened).toMatchObject({ ok: true });
  await week.pass(15 * MINUTE);
  guestIs(week, 101, 'stopped');
  guestIs(week, 102, 'stopped');
  await week.pass(20 * MINUTE);
  guestIs(week, 101, 'running');
  await week.pass(20 * MINUTE);
  expect(week.messages).toEqual([]);
  // It is over: what is still so is told, once, and a summary; what came and went is in that alone.
  await week.pass(30 * MINUTE);
  expect(titles(week, 'opened')).toEqual([expect.stringContaining('app102')]);
  expect(titles(week, 'resolved')).toEqual([]);
  const reports = week.messages.filter(({ incidentId }) => incidentId === undefined);
  expect(reports).toHaveLength(1);
  expect(`${reports[0]?.title} ${reports[0]?.body}`).toMatch(/new memory/);

  const silence = await week.bus.request(requests.silence, {
    op: 'add',
    by: 'ada',
    match: { guest: 103 },
    until: inMinutes(30),
    reason: 'being rebuilt',
  });
  expect(silence).toMatchObject({ ok: true });
  const before = week.messages.length;
  guestIs(week, 103, 'stopped');
  await week.pass(25 * MINUTE);
  expect(week.messages).toHaveLength(before);
  await week.pass(15 * MINUTE);
  expect(week.messages.slice(before)).toMatchObject([
    { kind: 'opened', title: expect.stringContaining('app103') },
  ]);
}, 120_000);

it('12 · routing and escalation', async () => {
  week = await openWeek(NODES, SLOWER, {
    hasN8n: true,
    files: {
      'notify.yaml': {
        routes: [
          { name: 'customer-a', match: { tag: 'customer-a' }, channels: ['n8n'] },
          { name: 'rest', channels: ['webhook'], ladder: [{ after: '20m', channels: ['n8n'] }] },
        ],
      },
    },
  });
  week.pve.guest(101, 'pve1', { name: 'shop', tags: ['customer-a'] });
  week.pve.guest(102, 'pve1', { name: 'seen' });
  week.pve.guest(103, 'pve1', { name: 'unseen' });
  await week.pass(5 * MINUTE);
  for (const vmid of [101, 102, 103]) guestIs(week, vmid, 'stopped');
  await week.pass(10 * MINUTE);
  const toldOf = (name: string) =>
    week.messages.filter(({ title }) => title.includes(`(${name})`)).map(({ channel }) => channel);
  expect(['shop', 'seen', 'unseen'].map(toldOf)).toEqual([['n8n'], ['webhook'], ['webhook']]);
  const seen = (await week.incidents()).find(({ guest }) => guest?.vmid === 102);
  await acknowledge(week, seen?.id ?? '');
  await week.pass(30 * MINUTE);
  // Who acknowledges stops the ladder; what nobody took goes on to the next channel.
  expect(['shop', 'seen', 'unseen'].map(toldOf)).toEqual([['n8n'], ['webhook'], ['webhook', 'n8n']]);
}, 120_000);
