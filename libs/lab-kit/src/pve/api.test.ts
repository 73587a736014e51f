import { Agent } from 'node:https';
import { createLab, type Lab } from '../lab.ts';
import { ask } from '../testing/ask.ts';
import { createSteppedClock, type SteppedClock } from '../world/clock.ts';
import { killNode, reviveNode } from '../world/node-failure.ts';
import { takeStorageOffline } from '../world/storage-failure.ts';

const START = Date.UTC(2026, 2, 14, 1, 0, 0);
let lab: Lab;
let clock: SteppedClock;

beforeEach(async () => {
  clock = createSteppedClock(START);
  lab = createLab({ clock, seed: 'api', delays: { authMs: 0, peerMs: 0 } });
  await lab.start();
});
afterEach(() => lab.stop());

type Row = Record<string, unknown>;
const rows = async (path: string, as?: 'auditor' | 'nobody') =>
  (await ask(lab, 'pve1', path, as === undefined ? {} : { as })).json().data as Row[];
const start = async (vmid: number, verb: string, form: Record<string, string> = {}) => {
  const guest = lab.pve('pve1').guest(vmid);
  const reply = await ask(lab, 'pve1', `/nodes/${guest.node}/${guest.kind}/${vmid}/${verb}`, {
    method: 'POST',
    form,
  });
  return reply.json().data as string;
};

describe('tasks', () => {
  it('have four shapes while running and four when ended', async () => {
    const upid = await start(101, 'status/reboot');
    expect(upid).toMatch(/^UPID:pve1:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:qmreboot:101:root@pam!full:$/);
    const path = `/nodes/pve1/tasks/${encodeURIComponent(upid)}`;
    const inCluster = async () => (await rows('/cluster/tasks')).find((t) => t['upid'] === upid);
    expect(await inCluster()).toEqual({
      upid,
      node: 'pve1',
      pid: expect.any(Number),
      starttime: START / 1000,
      type: 'qmreboot',
      id: '101',
      user: 'root@pam',
      tokenid: 'full',
    });
    expect((await rows('/nodes/pve1/tasks')).map((t) => t['upid'])).not.toContain(upid);
    expect((await rows('/nodes/pve1/tasks?source=active'))[0]).toMatchObject({
      status: 'RUNNING',
      saved: '0',
      user: 'root@pam!full',
    });
    expect((await ask(lab, 'pve1', `${path}/status`)).json().data).not.toHaveProperty('exitstatus');

    clock.advance(10_000);
    expect(await inCluster()).toMatchObject({ status: 'OK', saved: '1', endtime: START / 1000 + 6 });
    expect(await inCluster()).not.toHaveProperty('pid');
    expect((await rows('/nodes/pve1/tasks'))[0]).toMatchObject({
      upid,
      status: 'OK',
      tokenid: 'full',
      pstart: expect.any(Number),
    });
    expect((await ask(lab, 'pve1', '/nodes/pve1/tasks?source=active')).json()).toEqual({ data: [] });
    expect((await ask(lab, 'pve1', `${path}/status`)).json().data).toMatchObject({
      status: 'stopped',
      exitstatus: 'OK',
    });
  });

  it('grow their logs line by line, and pages of them', async () => {
    const { data: upid } = (
      await ask(lab, 'pve1', '/nodes/pve1/vzdump', {
        method: 'POST',
        form: { vmid: '101', storage: 'nas-backup', mode: 'snapshot' },
      })
    ).json();
    const log = async (query = '') =>
      (await ask(lab, 'pve1', `/nodes/pve1/tasks/${upid}/log${query}`)).json();
    const first = await log();
    expect(first.data[0]).toEqual({
      n: 1,
      t: 'INFO: starting new backup job: vzdump 101 --mode snapshot --storage nas-backup --node pve1',
    });
    clock.advance(30_000);
    const second = await log(`?start=${first.total}&limit=2`);
    expect(second.total).toBeGreaterThan(first.total ?? 0);
    expect(second.data[0]).toEqual({
      n: (first.total ?? 0) + 1,
      t: expect.stringMatching(/^INFO: {3}\d% \(/),
    });
    expect(await log('?start=100000')).toEqual({ data: [], total: second.total });
    clock.advance(600_000);
    expect((await log('?limit=0')).data.at(-1).t).toBe('TASK OK');
    expect(lab.pve('pve1').storage('nas-backup').volumes.at(-1)?.volid).toMatch(
      /vzdump-qemu-101-2026_03_14-01_00_00\.vma\.zst$/,
    );
  });

  it('of several guests have no id, are stopped by DELETE and then end in job errors', async () => {
    const { data: upid } = (
      await ask(lab, 'pve1', '/nodes/pve1/vzdump', {
        method: 'POST',
        form: { vmid: '101,104', storage: 'nas-backup' },
      })
    ).json();
    expect(upid).toContain(':vzdump::root@pam!full:');
    clock.advance(5_000);
    expect((await rows('/cluster/resources?type=vm')).find((r) => r['vmid'] === 101)).toMatchObject({
      lock: 'backup',
    });
    await ask(lab, 'pve1', `/nodes/pve1/tasks/${upid}`, { method: 'DELETE' });
    const task = lab.pve('pve1').tasks.get(upid);
    expect(task?.status).toBe('job errors');
    expect(task?.log).toContain('ERROR: Backup of VM 101 failed - interrupted by signal');
    expect(task?.log.join('\n')).not.toContain('Starting Backup of VM 104');
    expect(lab.pve('pve1').guest(101).lock).toBeUndefined();
  });

  it('of backups on one node wait for each other', async () => {
    const form = { vmid: '105', storage: 'nas-backup' };
    const [first, second] = [
      (await ask(lab, 'pve1', '/nodes/pve1/vzdump', { method: 'POST', form })).json().data as string,
      (
        await ask(lab, 'pve1', '/nodes/pve1/vzdump', { method: 'POST', form: { ...form, vmid: '101' } })
      ).json().data as string,
    ];
    const { tasks } = lab.pve('pve1');
    expect(tasks.get(second)?.log).toEqual(['INFO: trying to get global lock - waiting...']);
    clock.advance(600_000);
    expect(tasks.get(second)?.log.slice(1, 2)).toEqual(['INFO: got global lock']);
    expect(tasks.get(second)?.status).toBe('OK');
    expect(tasks.get(first)?.log.at(-1)).toBe('TASK OK');
  });

  it('are refused to strangers and hidden from them', async () => {
    const upid = await start(101, 'status/reboot');
    expect(await rows('/cluster/tasks', 'nobody')).toEqual([]);
    expect(await rows('/nodes/pve1/tasks', 'nobody')).toEqual([]);
    const reply = await ask(lab, 'pve1', `/nodes/pve1/tasks/${upid}/log`, { as: 'nobody' });
    expect([reply.status, reply.reason]).toEqual([403, 'Permission check failed (/nodes/pve1, Sys.Audit)']);
    const stop = await ask(lab, 'pve1', `/nodes/pve1/tasks/${upid}`, { method: 'DELETE', as: 'auditor' });
    expect(stop.reason).toBe('Permission check failed (/nodes/pve1, Sys.Modify)');
  });
});

describe('guests', () => {
  it('fail a second start in the task for a VM, at once for a container', async () => {
    const upid = await start(101, 'status/start');
    expect(lab.pve('pve1').tasks.get(upid)?.status).toBe('VM 101 already running');
    const reply = await ask(lab, 'pve1', '/nodes/pve1/lxc/105/status/start', { method: 'POST' });
    expect([reply.status, reply.reason]).toEqual([500, 'CT 105 already running']);
  });

  it('stay running in the resources until the next look of pvestatd', async () => {
    clock.advance(3_000);
    await start(101, 'status/stop');
    const seen = async () =>
      (await rows('/cluster/resources?type=vm')).find((r) => r['vmid'] === 101)?.['status'];
    clock.advance(1_000);
    expect((await ask(lab, 'pve1', '/nodes/pve1/qemu/101/status/current')).json().data.status).toBe(
      'stopped',
    );
    expect(await seen()).toBe('running');
    clock.advance(7_000);
    expect(await seen()).toBe('stopped');
  });

  it('are called running while paused', async () => {
    await start(104, 'status/suspend');
    clock.advance(1_000);
    const { data } = (await ask(lab, 'pve1', '/nodes/pve1/qemu/104/status/current')).json();
    expect(data).toMatchObject({ status: 'running', qmpstatus: 'paused' });
  });

  it('take, list, roll back and drop snapshots', async () => {
    await start(102, 'snapshot', { snapname: 'one', description: 'first' });
    clock.advance(3_000);
    expect(await rows('/nodes/pve1/qemu/102/snapshot')).toMatchObject([
      { name: 'one', description: 'first', vmstate: 0 },
      { name: 'current', parent: 'one', running: 1 },
    ]);
    await start(102, 'snapshot/one/rollback');
    clock.advance(3_000);
    expect(lab.pve('pve1').guest(102).status).toBe('stopped');
    await ask(lab, 'pve1', '/nodes/pve1/qemu/102/snapshot/one', { method: 'DELETE' });
    clock.advance(3_000);
    expect(await rows('/nodes/pve1/qemu/102/snapshot')).toHaveLength(1);
  });

  it('move to another node, and are then unknown to the old one', async () => {
    const upid = await start(101, 'migrate', { target: 'pve3', online: '1', 'with-local-disks': '1' });
    clock.advance(60_000);
    const task = lab.pve('pve1').tasks.get(upid);
    expect(task?.log.at(-2)).toMatch(
      /^2026-03-14 01:00:\d\d migration finished successfully \(duration 00:00:\d\d\)$/,
    );
    const reply = await ask(lab, 'pve1', '/nodes/pve1/qemu/101/config');
    expect([reply.status, reply.reason]).toEqual([
      500,
      "Configuration file 'nodes/pve1/qemu-server/101.conf' does not exist",
    ]);
    expect((await ask(lab, 'pve1', '/nodes/pve3/qemu/101/config')).json().data).toMatchObject({
      name: 'web01',
      memory: '4096',
      cores: 2,
      agent: '1',
    });
  });

  it('keep their config between writes, and refuse a stale digest', async () => {
    const put = (form: Record<string, string>) =>
      ask(lab, 'pve1', '/nodes/pve1/qemu/102/config', { method: 'PUT', form });
    expect((await put({ memory: '2048', tags: 'b;a', description: 'ünïcode' })).json()).toEqual({
      data: null,
    });
    const { data } = (await ask(lab, 'pve1', '/nodes/pve1/qemu/102/config')).json();
    expect(data).toMatchObject({ memory: '2048', tags: 'a;b', description: 'ünïcode' });
    expect((await put({ cores: '3', digest: '0'.repeat(40) })).reason).toBe(
      'checksum mismatch (file change by other user?)',
    );
  });
});

describe('a dead node', () => {
  it('refuses connections, is 595 through the others, and is back on the same port', async () => {
    const site = lab.pve('pve2');
    killNode(lab.world, site, 'pve2');
    await expect(ask(lab, 'pve2', '/version')).rejects.toMatchObject({
      code: expect.stringMatching(/ECONNREFUSED|ECONNRESET/),
    });
    const early = await ask(lab, 'pve1', '/nodes/pve2/status');
    expect([early.status, early.reason, early.text]).toEqual([595, 'Connection timed out', '']);
    clock.advance(10_000);
    expect((await ask(lab, 'pve1', '/nodes/pve2/status')).reason).toBe('No route to host');
    expect((await ask(lab, 'pve1', '/nodes/pve1/status')).status).toBe(200);
    const node = (await rows('/cluster/resources?type=node')).find((n) => n['node'] === 'pve2');
    expect(node).toEqual({
      id: 'node/pve2',
      node: 'pve2',
      type: 'node',
      status: 'offline',
      level: '',
      maxcpu: 16,
      maxmem: expect.any(Number),
      maxdisk: expect.any(Number),
      'cgroup-mode': 2,
    });
    reviveNode(lab.world, site, 'pve2');
    for (let up = false; !up;)
      up = await ask(lab, 'pve2', '/version').then(
        (r) => r.status === 200,
        () => false,
      );
  });

  it('leaves its guests running for five minutes, then unknown and nameless', async () => {
    killNode(lab.world, lab.pve('pve2'), 'pve2');
    const guest = async () => (await rows('/cluster/resources?type=vm')).find((r) => r['vmid'] === 111);
    clock.advance(290_000);
    expect(await guest()).toMatchObject({ status: 'running', name: 'ci-runner', node: 'pve2' });
    clock.advance(11_000);
    expect(await guest()).toEqual({
      id: 'qemu/111',
      type: 'qemu',
      vmid: 111,
      node: 'pve2',
      status: 'unknown',
    });
    expect(
      (await rows('/cluster/resources?type=storage')).find((r) => r['id'] === 'storage/pve2/local'),
    ).toMatchObject({ status: 'unknown' });
  });

  it('takes quorum with it when it is one too many', async () => {
    killNode(lab.world, lab.pve('pve2'), 'pve2');
    killNode(lab.world, lab.pve('pve2'), 'pve3');
    clock.advance(10_000);
    expect((await rows('/cluster/status'))[0]).toMatchObject({ type: 'cluster', quorate: 0 });
    const reply = await ask(lab, 'pve1', '/nodes/pve1/qemu/101/status/stop', { method: 'POST' });
    expect([reply.status, reply.reason]).toEqual([500, 'cluster not ready - no quorum?']);
  });
});

it('tells a storage that does not answer as inactive at once, and as unknown after five minutes', async () => {
  takeStorageOffline(lab.pve('pve1'), 'nas-backup');
  const live = (await rows('/nodes/pve1/storage')).find((s) => s['storage'] === 'nas-backup');
  expect(live).toMatchObject({ active: 0, enabled: 1, total: 0 });
  const cached = async () =>
    (await rows('/cluster/resources?type=storage')).find((r) => r['id'] === 'storage/pve1/nas-backup')?.[
      'status'
    ];
  expect(await cached()).toBe('available');
  clock.advance(301_000);
  expect(await cached()).toBe('unknown');
});

describe('callers', () => {
  it('see less with fewer rights, without an error', async () => {
    expect((await rows('/cluster/resources', 'auditor')).length).toBe(
      (await rows('/cluster/resources')).length,
    );
    expect((await rows('/cluster/resources', 'nobody')).map((r) => r['type'])).toEqual([
      'node',
      'node',
      'node',
    ]);
    expect(Object.keys((await rows('/nodes', 'nobody'))[0] ?? {}).sort()).toEqual([
      'id',
      'level',
      'node',
      'ssl_fingerprint',
      'status',
      'type',
    ]);
    expect((await ask(lab, 'pve1', '/cluster/status', { as: 'nobody' })).reason).toBe(
      'Permission check failed (/, Sys.Audit)',
    );
    expect((await ask(lab, 'pve1', '/nodes/pve1/syslog', { as: 'auditor' })).status).toBe(200);
  });

  it('log in with a password, then need the ticket and for writes the CSRF token', async () => {
    const login = await ask(lab, 'pve1', '/access/ticket', {
      method: 'POST',
      form: { username: 'ops@pve', password: 'lab-password' },
      headers: { Authorization: '' },
    });
    const { ticket, CSRFPreventionToken: csrf, clustername } = login.json().data;
    expect(clustername).toBe('lab');
    const Cookie = `PVEAuthCookie=${encodeURIComponent(ticket)}`;
    expect((await ask(lab, 'pve3', '/version', { headers: { Cookie } })).status).toBe(200);
    const path = '/nodes/pve1/qemu/101/status/reboot';
    const without = await ask(lab, 'pve1', path, { method: 'POST', headers: { Cookie } });
    expect([without.status, without.reason]).toEqual([401, 'Permission denied - invalid csrf token']);
    const upid = (
      await ask(lab, 'pve1', path, { method: 'POST', headers: { Cookie, CSRFPreventionToken: csrf } })
    ).json().data;
    expect(upid).toMatch(/:ops@pve:$/);
    clock.advance(7_200_000);
    expect((await ask(lab, 'pve1', '/version', { headers: { Cookie } })).reason).toBe(
      'Authentication failed!',
    );
  });

  it('with a wrong login wait, get no body, and leave a line in the journal', async () => {
    const slow = createLab({ clock, delays: { authMs: 120 } });
    await slow.start();
    const heard: string[] = [];
    slow.listen({ onSyslog: (line) => heard.push(`${line.tag} ${line.pri} ${line.text}`) });
    const before = performance.now();
    const [refused, good] = await Promise.all([
      ask(slow, 'pve1', '/version', { headers: { Authorization: 'PVEAPIToken=root@pam!full=wrong' } }),
      ask(slow, 'pve1', '/version').then(() => performance.now()),
    ]);
    expect([refused.status, refused.reason, refused.text]).toEqual([401, 'Authentication failed!', '']);
    expect(refused.headers).not.toHaveProperty('content-length');
    expect(performance.now() - before).toBeGreaterThan(115);
    expect(good - before).toBeLessThan(115);
    expect(heard).toContain('pveproxy 28 authentication failure: invalid token value!');
    await slow.stop();
  });
});

describe('connections', () => {
  it('end after a hundred requests and after any refusal', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    const connection = async (path: string) =>
      (await ask(lab, 'pve1', path, { agent })).headers['connection'];
    for (let i = 1; i < 100; i++) expect(await connection('/version')).toBe('Keep-Alive');
    expect(await connection('/version')).toBe('close');
    expect(await connection('/version')).toBe('Keep-Alive');
    expect(await connection('/foo')).toBe('close');
    agent.destroy();
  });

  it('ignore a WebSocket upgrade where there is no console', async () => {
    const reply = await ask(lab, 'pve1', '/nodes/pve1/tasks?limit=1', {
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'Hp2Eitb1qhgEr2vwf09JNQ==',
      },
    });
    expect(reply.status).toBe(200);
  });
});

it('stops with open connections and can be stopped twice', async () => {
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  await ask(lab, 'pve1', '/version', { agent });
  await lab.stop();
  await lab.stop();
  agent.destroy();
  expect(lab.addresses()).toEqual([]);
});
