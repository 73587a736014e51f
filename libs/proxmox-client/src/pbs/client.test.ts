import type { PbsClient } from './client.ts';
import { jsonReply } from '../testing/fake-host.ts';
import { rejection, useLab } from '../testing/use-lab.ts';

// There is no recording of a PBS: the rows are as its API schema (4.2) has them.
const lab = useLab();
const UPID = 'UPID:pbs1:000002A1:0000C5D7:00000012:6B02A4EC:backup:tank\\x2dmain\\x3avm-101:sync@pbs!tok:';
const NOW = Date.UTC(2026, 10, 22, 8, 0, 0) / 1000;

async function ask(
  data: unknown,
  call: (client: PbsClient) => Promise<unknown>,
  target: string,
): Promise<unknown> {
  const host = await lab.host();
  host.answer(() => jsonReply({ data }));
  const result = await call(await lab.pbs());
  expect(host.requests.map((request) => `${request.method} ${request.target}`)).toEqual([
    `GET /api2/json${target}`,
  ]);
  return result;
}

describe('PBS calls', () => {
  const task = {
    upid: UPID,
    node: 'pbs1',
    type: 'backup',
    id: 'tank\\x2dmain\\x3avm-101',
    user: 'sync@pbs',
    tokenid: 'tok',
    starttime: 0x6b02a4ec,
  };
  const listed = {
    upid: UPID,
    node: 'localhost',
    worker_type: 'backup',
    worker_id: null,
    user: 'sync@pbs!tok',
  };
  const calls: [string, unknown, (client: PbsClient) => Promise<unknown>, string, unknown][] = [
    [
      'tasks.list, running and finished, in the shape of PVE',
      [listed, { ...listed, endtime: 1795335500, status: 'OK' }],
      (c) => c.tasks.list({ limit: 100, running: false }),
      '/nodes/localhost/tasks?limit=100&running=0',
      {
        rows: [
          { ...task, isRunning: true },
          { ...task, isRunning: false, endtime: 1795335500, exitStatus: 'OK' },
        ],
        total: 2,
      },
    ],
    [
      'tasks.status',
      {
        upid: UPID,
        type: 'backup',
        status: 'stopped',
        exitstatus: 'unknown',
        user: 'sync@pbs',
        tokenid: 'tok',
      },
      (c) => c.tasks.status({ upid: UPID }),
      `/nodes/localhost/tasks/${encodeURIComponent(UPID)}/status`,
      { ...task, isRunning: false, exitStatus: 'unknown' },
    ],
    [
      'datastores.usage, without an estimate that is none',
      [
        {
          store: 'tank',
          total: 100,
          used: 40,
          avail: 60,
          'mount-status': 'nonremovable',
          'estimated-full-date': NOW + 86_400,
          'gc-status': { upid: 'u', 'pending-bytes': 5 },
        },
        { store: 'past', total: 1, used: 1, avail: 0, 'estimated-full-date': NOW - 1 },
        { store: 'gone', 'mount-status': 'notmounted', error: 'datastore is not mounted' },
      ],
      (c) => c.datastores.usage(),
      '/status/datastore-usage',
      [
        {
          store: 'tank',
          total: 100,
          used: 40,
          avail: 60,
          mountStatus: 'nonremovable',
          estimatedFullDate: NOW + 86_400,
          gcStatus: { upid: 'u', pendingBytes: 5 },
        },
        { store: 'past', total: 1, used: 1, avail: 0 },
        { store: 'gone', mountStatus: 'notmounted', error: 'datastore is not mounted' },
      ],
    ],
    [
      'datastores.status',
      { total: 3, used: 2, avail: 1, 'backend-type': 'filesystem' },
      (c) => c.datastores.status('tank'),
      '/admin/datastore/tank/status',
      { total: 3, used: 2, avail: 1, backendType: 'filesystem' },
    ],
    [
      'datastores.snapshots',
      [
        {
          'backup-type': 'vm',
          'backup-id': '101',
          'backup-time': 1795300000,
          files: [],
          protected: false,
          size: 7,
          verification: { state: 'failed', upid: 'UPID:v' },
        },
      ],
      (c) => c.datastores.snapshots('tank', { ns: 'a/b', backupType: 'vm', backupId: '101' }),
      '/admin/datastore/tank/snapshots?ns=a%2Fb&backup-type=vm&backup-id=101',
      [
        {
          backupType: 'vm',
          backupId: '101',
          backupTime: 1795300000,
          protected: false,
          size: 7,
          verification: { state: 'failed', upid: 'UPID:v' },
        },
      ],
    ],
    [
      'datastores.groups',
      [
        {
          'backup-type': 'ct',
          'backup-id': '200',
          'backup-count': 3,
          'last-backup': 1795300000,
          files: ['a'],
        },
      ],
      (c) => c.datastores.groups('tank'),
      '/admin/datastore/tank/groups',
      [{ backupType: 'ct', backupId: '200', backupCount: 3, lastBackup: 1795300000, files: ['a'] }],
    ],
    ...(['verify', 'sync', 'prune'] as const).map(
      (kind): [string, unknown, (client: PbsClient) => Promise<unknown>, string, unknown] => [
        `jobs.${kind}`,
        [{ id: 'v-1', store: 'tank', schedule: 'daily', 'last-run-upid': UPID, 'last-run-state': 'OK' }],
        (c) => c.jobs[kind](),
        `/admin/${kind}`,
        [
          {
            id: 'v-1',
            store: 'tank',
            schedule: 'daily',
            disable: false,
            lastRunUpid: UPID,
            lastRunState: 'OK',
          },
        ],
      ],
    ),
    [
      'jobs.gc',
      [{ store: 'tank', upid: UPID, 'removed-bytes': 5, 'pending-bytes': 0, 'next-run': 9 }],
      (c) => c.jobs.gc(),
      '/admin/gc',
      [{ store: 'tank', upid: UPID, removedBytes: 5, pendingBytes: 0, nextRun: 9 }],
    ],
    [
      'node.status, its root file system named as in PVE',
      { uptime: 5, cpu: 0.1, loadavg: [0.1, 0.2, 0.3], root: { total: 9, used: 1, avail: 8 } },
      (c) => c.node.status(),
      '/nodes/localhost/status',
      { uptime: 5, cpu: 0.1, loadavg: [0.1, 0.2, 0.3], rootfs: { total: 9, used: 1, avail: 8 } },
    ],
    [
      'node.services',
      [{ service: 'proxmox-backup', name: 'x', desc: 'd', state: 'running', 'unit-state': 'enabled' }],
      (c) => c.node.services(),
      '/nodes/localhost/services',
      [{ service: 'proxmox-backup', name: 'x', desc: 'd', state: 'running', unitState: 'enabled' }],
    ],
    [
      'node.disks, in the words of PVE',
      [{ name: 'sda', 'disk-type': 'ssd', status: 'passed', size: 1, used: 'zfs', gpt: true, wearout: 3 }],
      (c) => c.node.disks(),
      '/nodes/localhost/disks/list',
      [{ devpath: '/dev/sda', type: 'ssd', health: 'passed', size: 1, used: 'zfs', wearout: 3 }],
    ],
    [
      'node.zfs',
      [{ name: 'rpool', health: 'ONLINE', size: 1, alloc: 1, free: 0, frag: 0, dedup: 1 }],
      (c) => c.node.zfs(),
      '/nodes/localhost/disks/zfs',
      [{ name: 'rpool', health: 'ONLINE', size: 1, alloc: 1, free: 0, frag: 0, dedup: 1 }],
    ],
    [
      'node.certificates',
      [{ filename: 'proxy.pem', fingerprint: 'AA', notafter: 5, san: ['pbs', 'localhost'] }],
      (c) => c.node.certificates(),
      '/nodes/localhost/certificates/info',
      [{ filename: 'proxy.pem', fingerprint: 'AA', notafter: 5, san: ['pbs', 'localhost'] }],
    ],
    [
      'permissions',
      { '/': { 'Sys.Audit': true, 'Sys.Modify': false } },
      (c) => c.permissions(),
      '/access/permissions',
      { '/': { 'Sys.Audit': true, 'Sys.Modify': false } },
    ],
    [
      'version',
      { version: '4.2', release: '1', repoid: 'r' },
      (c) => c.version(),
      '/version',
      expect.objectContaining({ version: '4.2' }),
    ],
  ];

  it.each(calls)('read %s', async (_name, data, call, target, expected) => {
    expect(await ask(data, call, target)).toEqual(expected);
  });

  it('set up notifications below /config/notifications', async () => {
    const host = await lab.host();
    host.answer(() => jsonReply({ data: null }));
    const { notifications } = await lab.pbs();
    const url = 'http://192.0.2.10:8088/hooks/proxmox/pbs1';
    await notifications.createWebhook({ name: 'hook', url, secrets: { token: 's' }, body: '{}' });
    await notifications.createMatcher({ name: 'hook-all', targets: ['hook'], mode: 'all' });
    await notifications.test('hook');
    await notifications.removeMatcher('hook-all');
    await notifications.remove('webhook', 'hook');
    expect(host.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'POST /api2/json/config/notifications/endpoints/webhook',
      'POST /api2/json/config/notifications/matchers',
      'POST /api2/json/config/notifications/targets/hook/test',
      'DELETE /api2/json/config/notifications/matchers/hook-all',
      'DELETE /api2/json/config/notifications/endpoints/webhook/hook',
    ]);
    const [create, match] = host.requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
    expect(create).toEqual({
      name: 'hook',
      method: 'post',
      url,
      body: Buffer.from('{}').toString('base64'),
      secret: `name=token,value=${Buffer.from('s').toString('base64')}`,
    });
    expect(match).toEqual({ name: 'hook-all', target: 'hook', mode: 'all' });
  });

  it('refuse a task id of the other product', async () => {
    const client = await lab.pbs();
    const ofPve = 'UPID:pve1:00000B47:0003630E:6B02A4EC:qmstop:100:root@pam:';
    expect(await rejection(client.tasks.status({ upid: ofPve }))).toMatchObject({ kind: 'invalid-argument' });
  });
});
