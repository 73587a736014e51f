import { normalizePbsTask, normalizeTask } from './normalize-task.ts';

const options = { receivedAt: 1_773_500_000_000 };
const upid = 'UPID:pve1:0000A001:0A650000:69B4A500:qmigrate:101:root@pam:';
const running = {
  upid,
  node: 'pve1',
  starttime: 0x69b4a500,
  type: 'qmigrate',
  id: '101',
  user: 'root@pam',
  saved: '0',
};
const poll = (previous: unknown, current: unknown) =>
  normalizeTask(Buffer.from(JSON.stringify({ previous, current })), options);

describe('two polls of a task list', () => {
  it('ask for the status of a running task that is gone, and claim nothing', () => {
    expect(poll({ data: [running] }, { data: [] })).toEqual({
      events: [],
      follow_up: [
        { method: 'GET', path: `/nodes/pve1/tasks/${encodeURIComponent(upid)}/status`, upid, node: 'pve1' },
      ],
    });
  });
  it('say nothing when there was no poll before', () => {
    expect(poll(null, { data: [running] })).toEqual({ events: [] });
  });
  it('say nothing when the second failed', () => {
    expect(poll({ data: [running] }, { status: 595 })).toMatchObject({ ignore: true });
  });
  it('give a start for a task that is new and running, once though two rows say it', () => {
    const result = poll({ data: [] }, { data: [running, running] });
    expect(result).toMatchObject({
      events: [{ type: 'guest.migrate.started', identity: `${upid}/started` }],
    });
  });
});

describe('a task row', () => {
  it.each([
    ['node', 'pve2'],
    ['starttime', 1],
    ['type', 'qmstart'],
    ['id', '102'],
    ['user', 'eve@pam'],
    ['tokenid', 'x'],
  ])('whose %s contradicts the UPID is refused', (key, value) => {
    const raw = Buffer.from(JSON.stringify({ ...running, [key]: value }));
    expect(normalizeTask(raw, options)).toMatchObject({ reject: true, reason: 'upid-mismatch' });
  });
  it('of PVE is refused where PBS is polled', () => {
    expect(normalizePbsTask(Buffer.from(JSON.stringify(running)), options)).toMatchObject({ reject: true });
  });
  it('with an end before its start keeps its outcome and loses its times', () => {
    const raw = Buffer.from(JSON.stringify({ ...running, endtime: 5, status: 'OK' }));
    const result = normalizeTask(raw, options);
    expect(result).toMatchObject({ events: [{ type: 'guest.migrate.succeeded' }] });
    expect(JSON.stringify(result)).not.toContain('endtime');
  });
  it('that is no JSON is refused', () => {
    expect(normalizeTask(Buffer.from('<html>'), options)).toMatchObject({
      reject: true,
      reason: 'invalid-json',
    });
  });
});
