import { epoch, nightlyBackup, sampleEvent } from '../../testing/sample-events.ts';
import { guestRow, nodeRow, openLab, type Lab } from '../../testing/open-lab.ts';

const UPID = (type: string, vmid: number | '') =>
  `UPID:pve1:0003A1F2:0A5C11D3:69B4B314:${type}:${vmid}:anna@pve:`;

let lab: Lab;
beforeEach(async () => {
  // A lock that no task holds for half an hour has an incident of its own.
  lab = await openLab({ rules: { rules: { 'guest-lock': { enabled: false } } } });
  lab.put(nodeRow('pve1'), nodeRow('pve2'), guestRow(101), guestRow(102, { status: 'stopped' }));
  await lab.pass(60);
});
afterEach(() => lab.close());

const words = () => lab.told().map(({ word }) => word);
const task = (type: string, vmid: number, second = lab.second()) =>
  sampleEvent({
    type,
    node: 'pve1',
    guest: { kind: 'qemu', vmid },
    upid: UPID(`qm${type.split('.')[1]}`, vmid),
    second,
    facts: { user: 'anna@pve', starttime: epoch(second - 5) },
  });

it('tells of a guest that stops without a task, once, and of its return', async () => {
  lab.put(guestRow(101, { status: 'stopped' }));
  await lab.pass(50);
  expect(lab.incidents()).toEqual([]);
  await lab.pass(600);
  expect(lab.incidents()).toMatchObject([
    {
      key: 'atlas|guest/101|guest.state.stopped',
      status: 'open',
      severity: 'warning',
      node: 'pve1',
      guest: { vmid: 101 },
      why: { rule: 'guest-down' },
    },
  ]);
  await lab.restart();
  await lab.pass(900);
  lab.put(guestRow(101));
  await lab.pass(60);
  expect(lab.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  expect(words()).toEqual(['opened', 'resolved']);
});

it('is critical for a guest that must run, and takes the word of its process for it', async () => {
  lab.put(guestRow(101, { tags: ['mcp-critical'] }));
  await lab.pass(10);
  lab.reach(false);
  await lab.hear(
    sampleEvent({
      type: 'guest.process.exited',
      channel: 'syslog',
      node: 'pve1',
      guest: { kind: 'qemu', vmid: 101 },
      second: lab.second() + 1,
    }),
  );
  await lab.pass(80);
  expect(lab.incidents()).toMatchObject([{ severity: 'critical', status: 'open' }]);
});

it('says nothing of templates, of guests that were off, of those nobody knows about, and of a dead node', async () => {
  lab.put(guestRow(103, { status: 'stopped', template: true }), guestRow(101, { status: 'unknown' }));
  await lab.pass(600);
  lab.put(nodeRow('pve1', 'offline'), guestRow(101, { status: 'stopped' }));
  await lab.pass(600);
  expect(lab.incidents().filter(({ condition }) => condition.startsWith('guest.'))).toEqual([]);
});

it('opens nothing for a guest that somebody stops, not even after a restart or a late task', async () => {
  await lab.hear(task('guest.shutdown.succeeded', 101));
  lab.put(guestRow(101, { status: 'stopped' }));
  await lab.pass(300);
  await lab.restart();
  await lab.pass(3_600);
  expect(lab.incidents()).toEqual([]);
});

it('ends without a word what a late task shows to be on purpose', async () => {
  lab.put(guestRow(101, { status: 'stopped' }));
  await lab.pass(70);
  await lab.hear(task('guest.stop.succeeded', 101, 61));
  await lab.pass(10);
  expect(lab.incidents()).toMatchObject([{ status: 'resolved', resolution: 'explained' }]);
});

it('leaves a guest alone that a backup in stop mode takes down, and tells of one that does not come back', async () => {
  lab.put(guestRow(101, { lock: 'backup' }));
  await lab.pass(20);
  lab.put(guestRow(101, { lock: 'backup', status: 'stopped' }));
  await lab.pass(7_200);
  lab.put(guestRow(101));
  await lab.pass(60);
  expect(lab.incidents()).toEqual([]);
  lab.put(guestRow(101, { lock: 'backup', status: 'stopped' }));
  await lab.pass(60);
  lab.put(guestRow(101, { status: 'stopped' }));
  await lab.pass(9 * 60);
  expect(lab.incidents()).toMatchObject([{ status: 'suppressed', suppression: { reason: 'task' } }]);
  await lab.pass(5 * 60);
  expect(lab.incidents()).toMatchObject([{ status: 'open' }]);
});

it('lets no backup explain anything for more than six hours', async () => {
  lab.put(guestRow(101, { lock: 'backup', status: 'stopped' }));
  await lab.pass(6 * 3_600 - 60);
  expect(lab.incidents()).toEqual([]);
  await lab.pass(300);
  expect(lab.incidents()).toMatchObject([{ status: 'open' }]);
});

it('knows the backup by its task where the list shows no lock', async () => {
  const [, started] = nightlyBackup({ from: lab.second() });
  if (started === undefined) throw new Error('the night has no start');
  const upid = 'UPID:pve1:0003A1F2:0A5C11D3:69B4B314:vzdump:101:root@pam:';
  await lab.hear({ ...started, upid, facts: { ...started.facts, task_id: '101' } });
  lab.put(guestRow(101, { status: 'stopped' }));
  await lab.pass(600);
  expect(lab.incidents()).toMatchObject([{ status: 'suppressed', suppression: { by: upid } }]);
});

it('never takes the start of a guest for its backup as a life of its own', async () => {
  for (let night = 0; night < 3; night++) {
    lab.put(guestRow(102, { lock: 'backup' }));
    await lab.pass(300);
    lab.put(guestRow(102, { status: 'stopped' }));
    await lab.pass(1_200);
  }
  expect(lab.incidents()).toEqual([]);
});

it('keeps an acknowledgement while a backup starts the guest and stops it again', async () => {
  lab.put(guestRow(101, { status: 'stopped' }));
  await lab.pass(120);
  const [down] = lab.incidents();
  lab.command({ id: down?.id ?? '', op: 'acknowledge' });
  lab.put(guestRow(101, { lock: 'backup' }));
  await lab.pass(300);
  lab.put(guestRow(101, { status: 'stopped' }));
  await lab.pass(1_200);
  expect(lab.incidents()).toMatchObject([{ status: 'acknowledged', acknowledgedBy: 'anna' }]);
  expect(words().filter((word) => word !== 'updated')).toEqual(['opened']);
});

it('waits for a migration and for a guest that is being rebooted, but not for long', async () => {
  await lab.hear(task('guest.reboot.started', 101));
  lab.put(guestRow(101, { status: 'stopped' }));
  await lab.pass(300);
  expect(lab.incidents()).toMatchObject([{ status: 'suppressed' }]);
  await lab.hear(task('guest.reboot.failed', 101));
  await lab.pass(9 * 60);
  expect(lab.incidents()[0]?.status).toBe('suppressed');
  await lab.pass(5 * 60);
  expect(lab.incidents()[0]?.status).toBe('open');
});

it('ends with a guest that is destroyed, and with one that a whole list lacks', async () => {
  lab.put(guestRow(101, { status: 'stopped' }));
  lab.put(guestRow(104), guestRow(105), guestRow(106));
  await lab.pass(120);
  lab.put(guestRow(104, { status: 'stopped' }));
  await lab.pass(120);
  await lab.hear(task('guest.destroy.succeeded', 101));
  lab.remove('guest', 101);
  lab.remove('guest', 104);
  await lab.pass(20);
  expect(lab.incidents()).toMatchObject([
    { guest: { vmid: 101 }, status: 'resolved', resolution: 'gone' },
    { guest: { vmid: 104 }, status: 'resolved', resolution: 'gone' },
  ]);
});
