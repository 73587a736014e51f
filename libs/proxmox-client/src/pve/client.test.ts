import { gzipSync } from 'node:zlib';
import type { PveClient } from './client.ts';
import { readRecording } from '../testing/recording.ts';
import { rejection, useLab } from '../testing/use-lab.ts';

const lab = useLab();
const UPID = 'UPID:pve1:00000B47:0003630E:6B02A4EC:qmstop:100:root@pam!full:';
const BACKUP = 'UPID:pve1:0000016D:0005FD88:6B02AB96:vzdump:200:root@pam!full:';

/** Calls against a recorded answer; the request must be the one that was recorded. */
async function replay(recording: string, call: (client: PveClient) => Promise<unknown>): Promise<unknown> {
  const { wire, method, target, requestBody } = readRecording(recording);
  const host = await lab.host();
  host.answer(() => ({ send: wire, thenClose: true }));
  const client = await lab.pve();
  const result = await call(client).catch((error: unknown) => error);
  const [seen] = host.requests;
  expect(host.requests).toHaveLength(1);
  expect(seen?.method).toBe(method);
  expect(asComparable(seen?.target ?? '')).toEqual(asComparable(target));
  expect(sortedParams(seen?.body ?? '')).toEqual(sortedParams(requestBody));
  return result;
}

const sortedParams = (text: string): string[][] => [...new URLSearchParams(text)].toSorted();
const asComparable = (target: string): unknown => {
  const [path = '', query = ''] = target.split('?');
  return [decodeURIComponent(path), sortedParams(query)];
};

describe('PVE calls, against recorded answers', () => {
  const reads: [string, string, (client: PveClient) => Promise<unknown>, unknown][] = [
    [
      'version',
      'cluster-001-version',
      (c) => c.version(),
      { version: '9.2.11', release: '9.2', repoid: '14a22df35955d97d' },
    ],
    [
      'cluster.status of a cluster',
      'cl2-001-cluster-status',
      (c) => c.cluster.status(),
      [
        { type: 'cluster', name: 'refcluster', nodes: 2, quorate: true, version: 2 },
        { type: 'node', name: 'pve1', nodeid: 1, ip: '10.99.0.1', online: true, local: true },
        { type: 'node', name: 'pve2', nodeid: 2, ip: '10.99.0.2', online: true, local: false },
      ],
    ],
    [
      'cluster.haStatus',
      'cluster-027-cluster-ha-status-current',
      (c) => c.cluster.haStatus(),
      [
        { type: 'quorum', id: 'quorum', node: 'pve1', status: 'OK', quorate: true },
        {
          type: 'fencing',
          id: 'fencing',
          node: 'pve1',
          status: 'standby (CRM watchdog standby)',
          armedState: 'standby',
        },
      ],
    ],
    [
      'cluster.backupJobs',
      'notify-046-backup-job-list',
      (c) => c.cluster.backupJobs(),
      [
        expect.objectContaining({
          id: 'backup-nightly',
          enabled: true,
          vmid: expect.arrayContaining([expect.stringMatching(/^\d+$/)]),
          nextRun: expect.any(Number),
        }),
      ],
    ],
    [
      'cluster.notBackedUp',
      'cluster-019-cluster-backup-info-not-backed-up',
      (c) => c.cluster.notBackedUp(),
      expect.arrayContaining([{ vmid: 200, type: 'lxc', name: 'ct-cache' }]),
    ],
    [
      'nodes.list without the right to see usage',
      'node-083-nodes-list-as-nobody',
      (c) => c.nodes.list(),
      [expect.not.objectContaining({ cpu: expect.anything() })],
    ],
    [
      'nodes.status',
      'node-002-status',
      (c) => c.nodes.status('pve1'),
      expect.objectContaining({
        uptime: 2044,
        loadavg: [7, 6.92, 4.7],
        memory: { total: 25276063744, used: 2942484480, free: 16178139136, available: 22333579264 },
        rootfs: expect.objectContaining({ total: 270553174016 }),
        pveversion: 'pve-manager/9.2.11/14a22df35955d97d',
      }),
    ],
    [
      'nodes.services',
      'node-051-services',
      (c) => c.nodes.services('pve1'),
      expect.arrayContaining([
        expect.objectContaining({ service: 'pvedaemon', activeState: expect.any(String) }),
      ]),
    ],
    [
      'nodes.network',
      'node-048-network',
      (c) => c.nodes.network('pve1'),
      [
        expect.objectContaining({ iface: 'vmbr0', active: false, autostart: true, cidr: '192.0.2.2/24' }),
        expect.objectContaining({ iface: 'eth0', active: true, exists: true }),
      ],
    ],
    [
      'nodes.certificates',
      'node-063-certificates-info',
      (c) => c.nodes.certificates('pve1'),
      expect.arrayContaining([
        expect.objectContaining({ filename: 'pve-root-ca.pem', notafter: 2110607817, san: [] }),
      ]),
    ],
    [
      'nodes.subscription',
      'extra-001-node-subscription',
      (c) => c.nodes.subscription('pve1'),
      { status: 'notfound', message: 'There is no subscription key' },
    ],
    [
      'nodes.updates',
      'node-064-apt-update',
      (c) => c.nodes.updates('pve1'),
      expect.arrayContaining([
        {
          name: 'libexpat1',
          version: '2.9.0-1~deb13u1',
          oldVersion: '2.8.3-1~deb13u1',
          origin: 'Debian',
          priority: 'optional',
          title: 'XML parsing C library - runtime library',
        },
      ]),
    ],
    [
      'nodes.disks',
      'node-042-disks-list',
      (c) => c.nodes.disks('pve1'),
      [
        expect.objectContaining({
          devpath: '/dev/vda',
          health: expect.any(String),
          size: expect.any(Number),
        }),
      ],
    ],
    [
      'nodes.storages',
      'node-024-storage',
      (c) => c.nodes.storages('pve1'),
      expect.arrayContaining([
        expect.objectContaining({ storage: 'off', active: false, enabled: false, content: ['iso'] }),
        expect.objectContaining({ storage: 'backup1', active: true, usedFraction: 0.154075935451915 }),
      ]),
    ],
    [
      'nodes.storageContent',
      'node-029-storage-local-content',
      (c) => c.nodes.storageContent('pve1', 'local'),
      expect.arrayContaining([
        {
          volid: 'local:100/vm-100-disk-0.raw',
          content: 'images',
          vmid: 100,
          ctime: 1795334431,
          size: 1073741824,
          used: 4096,
          format: 'raw',
          protected: false,
        },
      ]),
    ],
    ['nodes.replication', 'node-072-replication', (c) => c.nodes.replication('pve1'), []],
    [
      'guests.config: every value as text',
      'guest-003-qemu-100-config',
      (c) => c.guests.config({ node: 'pve1', type: 'qemu', vmid: 100 }),
      expect.objectContaining({
        cores: '1',
        memory: '128',
        description: 'Front **web** server\nline2: ünïcode',
      }),
    ],
    [
      'guests.status of a container, whose pressure is text',
      'guest-042-lxc-200-status-current',
      (c) => c.guests.status({ node: 'pve1', type: 'lxc', vmid: 200 }),
      expect.objectContaining({
        vmid: 200,
        status: 'running',
        pressureiofull: 0,
        ha: { managed: false },
        tags: ['cache'],
      }),
    ],
    [
      'guests.snapshots: none, although the API lists the running state',
      'guest-006-qemu-100-snapshot',
      (c) => c.guests.snapshots({ node: 'pve1', type: 'qemu', vmid: 100 }),
      [],
    ],
    [
      'guests.snapshots',
      'task-046-qemu-snapshot-list',
      (c) => c.guests.snapshots({ node: 'pve1', type: 'qemu', vmid: 101 }),
      [expect.objectContaining({ name: 'before_upgrade', snaptime: expect.any(Number), vmstate: false })],
    ],
    [
      'tasks.status while running',
      'crash-012-status-after-daemon-reload',
      (c) => c.tasks.status({ upid: BACKUP }),
      {
        upid: BACKUP,
        node: 'pve1',
        type: 'vzdump',
        id: '200',
        user: 'root@pam',
        tokenid: 'full',
        starttime: 1795337110,
        isRunning: true,
      },
    ],
    [
      'tasks.status when stopped',
      'task-003-qemu-stop-status-final',
      (c) => c.tasks.status({ upid: UPID }),
      expect.objectContaining({ isRunning: false, exitStatus: 'OK' }),
    ],
    [
      'tasks.log',
      'task-188-log-start1',
      (c) => c.tasks.log({ upid: UPID }, { from: 1, limit: 50 }),
      expect.objectContaining({ total: expect.any(Number) }),
    ],
    [
      'tasks.list, a page of the archive',
      'node-010-tasks-start-2-limit-2',
      (c) => c.tasks.list('pve1', { start: 2, limit: 2 }),
      { rows: [expect.objectContaining({ isRunning: false }), expect.anything()], total: expect.any(Number) },
    ],
    [
      'tasks.list of running ones, whose status is in capitals and whose token is part of the user',
      'longtask-004-node-tasks-active',
      (c) => c.tasks.list('pve1', { source: 'active' }),
      {
        rows: [
          {
            upid: 'UPID:pve1:00000F57:00042C16:6B02A6EF:vzdump:200:root@pam!full:',
            node: 'pve1',
            type: 'vzdump',
            id: '200',
            user: 'root@pam',
            tokenid: 'full',
            starttime: 1795335919,
            isRunning: true,
          },
        ],
        total: 1,
      },
    ],
    [
      'notifications.targets',
      'notify-024-after-targets',
      (c) => c.notifications.targets(),
      expect.arrayContaining([
        {
          name: 'hook',
          type: 'webhook',
          origin: 'user-created',
          comment: 'to our orchestrator',
          disable: false,
        },
      ]),
    ],
    [
      'notifications.webhook, whose secrets are not told',
      'notify-016-webhook-get',
      (c) => c.notifications.webhook('hook'),
      {
        name: 'hook',
        url: 'http://127.0.0.1:18099/pve',
        method: 'post',
        comment: 'to our orchestrator',
        disable: false,
        origin: 'user-created',
        digest: '172a27002867ea8bd7e7f4b1cbf765154bdb85a6b67e25b8e5f119f8c375556d',
      },
    ],
    [
      'notifications.matcher',
      'notify-029-after-matchers-backups',
      (c) => c.notifications.matcher('backups'),
      {
        name: 'backups',
        target: ['got'],
        matchSeverity: [],
        matchField: ['exact:type=vzdump', 'regex:hostname=^pve.*$'],
        matchCalendar: ['mon..fri 8:00-17:00'],
        invertMatch: true,
        disable: true,
        origin: 'user-created',
        digest: '0809f000a4c27d958f0f7ac20b09e1efc74349c81eb6648ac96b240e5937fc78',
      },
    ],
    [
      'notifications.matchers',
      'notify-028-after-matchers',
      (c) => c.notifications.matchers(),
      expect.arrayContaining([expect.objectContaining({ name: 'to-hook', target: ['hook'], mode: 'any' })]),
    ],
  ];

  it.each(reads)('reads %s', async (_name, recording, call, expected) => {
    expect(await replay(recording, call)).toEqual(expected);
  });

  it('reads every kind of row of cluster.resources and splits tags', async () => {
    const rows = await replay('cluster-004-cluster-resources', (c) => c.cluster.resources());
    expect(rows).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'pool', pool: 'prod' }),
        expect.objectContaining({ type: 'qemu', vmid: 100, template: false, tags: ['prod', 'web'] }),
        expect.objectContaining({ type: 'qemu', vmid: 900, template: true, tags: [] }),
        expect.objectContaining({ type: 'node', node: 'pve1', status: 'online' }),
        expect.objectContaining({ type: 'storage', storage: 'local', shared: false }),
      ]),
    );
    expect(rows).toHaveLength((readRecording('cluster-004-cluster-resources').data as unknown[]).length);
  });

  it('reads the resources of a node that is offline: no usage, guests still as last heard of', async () => {
    const rows = await replay('fail-010-noquorum-resources', (c) => c.cluster.resources());
    const node = (rows as { type: string; node?: string }[]).find(
      (r) => r.type === 'node' && r.node === 'pve2',
    );
    expect(node).toMatchObject({ status: 'offline' });
    expect(node).not.toHaveProperty('cpu');
    expect(rows).toContainEqual(expect.objectContaining({ type: 'qemu', vmid: 300, status: 'running' }));
  });

  it('reads cluster.tasks newest first, with ends', async () => {
    const tasks = (await replay('cluster-011-cluster-tasks', (c) => c.cluster.tasks())) as {
      starttime: number;
    }[];
    const starts = tasks.map(({ starttime }) => starttime);
    expect(starts.length).toBeGreaterThan(3);
    expect(starts).toEqual(starts.toSorted((a, b) => b - a));
    expect(tasks[0]).toMatchObject({
      isRunning: false,
      exitStatus: expect.any(String),
      endtime: expect.any(Number),
    });
  });

  it('reads uid, time and priority of cluster.log as numbers', async () => {
    const [first] = (await replay('cluster-012-cluster-log', (c) => c.cluster.log())) as object[];
    expect(first).toMatchObject({ uid: 51, node: 'pve1', pri: 6, time: 1795335190, tag: 'pvedaemon' });
  });

  it('reads permissions', async () => {
    const permissions = await replay('auth-029-permissions-ops-token-privsep', (c) => c.permissions());
    expect(permissions).toEqual({
      '/vms/100': { 'VM.PowerMgmt': true, 'VM.Audit': true, 'VM.Backup': true },
    });
  });

  it('reads the end of a log as nothing more', async () => {
    const host = await lab.host();
    host.answer(() => ({ send: readRecording('task-189-log-start-beyond').wire, thenClose: true }));
    const client = await lab.pve();
    expect(await client.tasks.log({ upid: UPID }, { from: 1000 })).toEqual({
      lines: [],
      total: 1,
      next: 1000,
    });
  });

  it('tells a log that is gone from an empty one', async () => {
    const gone = 'UPID:pve1:00000001:00000001:6B02A001:qmstart:100:root@pam:';
    const host = await lab.host();
    const client = await lab.pve();
    const { wire } = readRecording('task-197-log-unknown-upid');
    host.answer(() => ({ send: wire, thenClose: true }));
    expect(await rejection(client.tasks.log({ upid: gone }))).toMatchObject({ kind: 'no-such-task' });
    host.answer(() => ({ send: plain({ data: [{ n: 1, t: 'no content' }], total: 1 }) }));
    expect(await client.tasks.log({ upid: gone })).toEqual({ lines: [], total: 0, next: 0 });
  });

  it('reads the packed journal, whose first and last elements are cursors', async () => {
    const host = await lab.host();
    const client = await lab.pve();
    const body = gzipSync(
      JSON.stringify({ data: ['s=1;i=1', 'Nov 22 a', 'Nov 22 b', 's=1;i=2'], success: 1 }),
    );
    const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`;
    host.answer(() => ({ send: Buffer.concat([Buffer.from(head), body]) }));
    expect(await client.nodes.journal('pve1', { startcursor: 's=1;i=0' })).toEqual({
      lines: ['Nov 22 a', 'Nov 22 b'],
      startCursor: 's=1;i=1',
      endCursor: 's=1;i=2',
    });
    expect(host.requests[0]?.target).toBe('/api2/json/nodes/pve1/journal?startcursor=s%3D1%3Bi%3D0');
  });

  it('reads the log of a replication job', async () => {
    const host = await lab.host();
    host.answer(() => ({ send: plain({ data: [{ n: 1, t: 'start replication job' }], total: 1 }) }));
    const client = await lab.pve();
    const page = await client.nodes.replicationLog('pve1', '104-0');
    expect(page.lines).toEqual([{ n: 1, text: 'start replication job' }]);
    expect(host.requests[0]?.target).toBe('/api2/json/nodes/pve1/replication/104-0/log?start=0&limit=500');
  });

  it('reads ZFS pools', async () => {
    const host = await lab.host();
    host.answer(() => ({
      send: plain({ data: [{ name: 'rpool', health: 'DEGRADED', size: '100', frag: 7 }] }),
    }));
    const client = await lab.pve();
    expect(await client.nodes.zfs('pve1')).toEqual([
      { name: 'rpool', health: 'DEGRADED', size: 100, frag: 7 },
    ]);
  });
});

describe('PVE writes', () => {
  const writes: [string, string, (client: PveClient) => Promise<unknown>, unknown][] = [
    [
      'stops a VM and returns the UPID',
      'task-001-qemu-stop',
      (c) => c.guests.stop({ node: 'pve1', type: 'qemu', vmid: 100 }),
      UPID,
    ],
    [
      'starts a container',
      'extra-021-lxc-start',
      (c) => c.guests.start({ node: 'pve1', type: 'lxc', vmid: 200 }),
      expect.stringMatching(/^UPID:pve1:.*:vzstart:200:/),
    ],
    [
      'starts a backup',
      'crash-001-start',
      (c) =>
        c.nodes.vzdump('pve1', { vmid: 200, storage: 'backup1', mode: 'stop', bwlimit: 8000, compress: 0 }),
      'UPID:pve1:00000151:0005F185:6B02AB78:vzdump:200:root@pam!full:',
    ],
    [
      'stops a task that has ended already',
      'task-199-stop-finished',
      (c) => c.tasks.stop({ upid: UPID }),
      undefined,
    ],
    [
      'tests a notification target',
      'notify-032-test-webhook',
      (c) => c.notifications.test('hook'),
      undefined,
    ],
    [
      'creates a matcher',
      'notify-020-matcher-create',
      (c) =>
        c.notifications.createMatcher({
          name: 'to-hook',
          targets: ['hook'],
          matchSeverity: ['error,warning', 'info,notice'],
          mode: 'any',
          comment: 'everything to the orchestrator',
        }),
      undefined,
    ],
    [
      'changes one setting of a webhook target',
      'notify-036-update-webhook',
      (c) => c.notifications.updateWebhook('hook', { comment: 'changed' }),
      undefined,
    ],
    [
      'does not change a configuration that somebody else has changed',
      'notify-037-update-bad-digest',
      (c) => c.notifications.updateWebhook('hook', { comment: 'changed2' }, { digest: '0'.repeat(64) }),
      expect.objectContaining({ kind: 'conflict' }),
    ],
  ];
  it.each(writes)('%s', async (_name, recording, call, expected) => {
    expect(await replay(recording, call)).toEqual(expected);
  });

  it('creates a webhook target exactly as recorded, base64 included', async () => {
    const recorded = new URLSearchParams(readRecording('notify-011-webhook-create').requestBody);
    const decode = (text: string | null): string => Buffer.from(text ?? '', 'base64').toString('utf8');
    const pairsOf = (all: string[]): Record<string, string> =>
      Object.fromEntries(
        all.map((one) => {
          const [, name = '', value = ''] = /^name=([^,]*),value=(.*)$/.exec(one) ?? [];
          return [name, decode(value)];
        }),
      );
    const created = await replay('notify-011-webhook-create', (c) =>
      c.notifications.createWebhook({
        name: 'hook',
        url: 'http://127.0.0.1:18099/pve',
        headers: pairsOf(recorded.getAll('header')),
        secrets: pairsOf(recorded.getAll('secret')),
        body: decode(recorded.get('body')),
        comment: 'to our orchestrator',
      }),
    );
    expect(created).toBeUndefined();
  });
});

function plain(body: unknown): string {
  const text = JSON.stringify(body);
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}
