import { createLab, type Lab } from '../lab.ts';
import { ask } from '../testing/ask.ts';
import { createSteppedClock, type SteppedClock } from '../world/clock.ts';

const START = Date.UTC(2026, 2, 14, 1, 0, 0);
let lab: Lab;
let clock: SteppedClock;

beforeAll(async () => {
  clock = createSteppedClock(START);
  lab = createLab({ clock, seed: 'pbs', delays: { authMs: 0 } });
  await lab.start();
});
afterAll(() => lab.stop());

const get = async (path: string) => (await ask(lab, 'pbs1', path, { as: 'auditor' })).json();

it('says errors in plain text under a JSON content type', async () => {
  const unknown = await ask(lab, 'pbs1', '/no/such/path');
  expect([unknown.status, unknown.text]).toEqual([404, "Path '/no/such/path' not found."]);
  expect(unknown.headers['content-type']).toBe('application/json;charset=UTF-8');
  const stranger = await ask(lab, 'pbs1', '/version', {
    headers: { Authorization: 'PBSAPIToken=root@pam!full:wrong' },
  });
  expect([stranger.status, stranger.text]).toEqual([401, 'authentication failed']);
  // The separator of PVE is none of PBS.
  const wrong = await ask(lab, 'pbs1', '/version', {
    headers: { Authorization: 'PBSAPIToken=root@pam!full=11111111-1111-4111-8111-111111111111' },
  });
  expect(wrong.status).toBe(401);
  const nobody = await ask(lab, 'pbs1', '/nodes/localhost/status', { as: 'nobody' });
  expect([nobody.status, nobody.text]).toEqual([403, 'permission check failed']);
});

it('lists a task by worker type and id, shows its status by type and id, and joins it to its job', async () => {
  const started = await ask(lab, 'pbs1', '/admin/verify/v-7d7e/run', { method: 'POST' });
  const upid = started.json().data as string;
  expect(upid).toMatch(
    /^UPID:pbs1:[0-9A-F]{8}:[0-9A-F]{8}:[0-9A-F]{8}:[0-9A-F]{8}:verificationjob:tank\\x2dmain\\x3av\\x2d7d7e:root@pam!full:$/,
  );
  const [running] = (await get('/nodes/localhost/tasks?running=1')).data;
  expect(running).toMatchObject({
    upid,
    node: 'localhost',
    worker_type: 'verificationjob',
    worker_id: 'tank-main:v-7d7e',
    user: 'root@pam!full',
  });
  expect(running).not.toHaveProperty('status');
  const path = `/nodes/localhost/tasks/${encodeURIComponent(upid)}`;
  expect((await get(`${path}/status`)).data).toMatchObject({
    node: 'pbs1',
    type: 'verificationjob',
    id: 'tank-main:v-7d7e',
    user: 'root@pam',
    tokenid: 'full',
    status: 'running',
  });
  clock.advance(60_000);
  const ended = (await get('/nodes/localhost/tasks?typefilter=verif')).data[0];
  expect(ended).toMatchObject({ upid, status: 'OK', endtime: expect.any(Number) });
  const log = await get(`${path}/log?start=1&limit=1`);
  expect(log.data).toEqual([
    { n: 1, t: "2026-03-14T01:00:00+00:00: Starting datastore verify job 'tank-main:v-7d7e'" },
  ]);
  const [job] = (await get('/admin/verify')).data;
  expect(job).toMatchObject({
    id: 'v-7d7e',
    'last-run-upid': upid,
    'last-run-state': 'OK',
    'last-run-endtime': ended.endtime,
  });
  const [snapshot] = (await get('/admin/datastore/tank-main/snapshots')).data;
  expect(snapshot).toMatchObject({ protected: false, verification: { state: 'ok', upid } });
});

it('gives a datastore that is away no numbers but an error', async () => {
  lab.pbs.datastore('cold').error = "datastore 'cold' is in offline maintenance mode: disk swap";
  const usage = (await get('/status/datastore-usage')).data as Record<string, unknown>[];
  expect(usage.find((u) => u['store'] === 'cold')).toEqual({
    store: 'cold',
    'mount-status': 'nonremovable',
    'backend-type': 'filesystem',
    error: expect.stringContaining('disk swap'),
  });
  expect(usage.find((u) => u['store'] === 'tank-main')).toMatchObject({
    total: expect.any(Number),
    used: expect.any(Number),
  });
});

it('has a task of its own for a backup that a PVE node writes to it', async () => {
  const reply = await ask(lab, 'pve1', '/nodes/pve1/vzdump', {
    method: 'POST',
    form: { vmid: '101', storage: 'pbs1' },
  });
  clock.advance(600_000);
  const task = lab.pve('pve1').tasks.get(reply.json().data as string);
  const archive = task?.log.find((l) => l.includes('Proxmox Backup Server archive'))?.split("'")[1];
  expect(task?.status).toBe('OK');
  const [backup] = (await get('/nodes/localhost/tasks?typefilter=backup')).data;
  expect(backup).toMatchObject({
    worker_type: 'backup',
    worker_id: 'tank-main:vm/101',
    status: 'OK',
    user: 'pve@pbs!backup',
  });
  const log = (await get(`/nodes/localhost/tasks/${encodeURIComponent(backup.upid)}/log?limit=0`)).data as {
    t: string;
  }[];
  expect(log[0]?.t).toContain(
    `starting new backup on datastore 'tank-main' from ::ffff:192.0.2.11: "${archive}"`,
  );
  expect(log.at(-1)?.t).toMatch(/: TASK OK$/);
});
