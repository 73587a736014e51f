import { renderFencing } from './fencing.ts';
import { renderPvePackageUpdates } from './package-updates.ts';
import { renderGc, renderSync, renderVerify } from './pbs.ts';
import { renderReplication } from './replication.ts';
import { renderVzdump } from './vzdump.ts';

const AT = Date.UTC(2026, 2, 14, 14, 32, 45);

it('renders a backup job with one failed guest as PVE 9 does', () => {
  const { title, body, failed } = renderVzdump({
    fqdn: 'pve1.example.net',
    commandLine: 'vzdump 101 104 --storage nas-backup',
    totalSeconds: 447,
    guests: [
      {
        vmid: 101,
        name: 'web01',
        status: 'ok',
        seconds: 267,
        sizeBytes: 5.21 * 1024 ** 3,
        filename: 'vm/101/2026-03-14T01:00:04Z',
        log: ['2026-03-14 02:00:04 INFO: status = running'],
      },
      {
        vmid: 104,
        name: 'db01',
        status: 'err',
        seconds: 180,
        sizeBytes: 0,
        log: ['2026-03-14 02:04:31 ERROR: x'],
        error: 'x',
      },
    ],
  });
  expect(failed).toBe(true);
  expect(title).toBe('vzdump backup status (pve1.example.net): backup failed ');
  expect(body).toBe(
    [
      '',
      'Details',
      '=======',
      'VMID    Name     Status    Time      Size        Filename                       ',
      '101     web01    ok        4m 27s    5.21 GiB    vm/101/2026-03-14T01:00:04Z    ',
      '104     db01     err       3m        0 B         null                           ',
      '',
      'Total running time: 7m 27s',
      'Total size: 5.21 GiB',
      '',
      'Logs',
      '====',
      'vzdump 101 104 --storage nas-backup',
      '',
      '',
      '101: 2026-03-14 02:00:04 INFO: status = running',
      '',
      '104: 2026-03-14 02:04:31 ERROR: x',
      '',
    ].join('\n'),
  );
});

it('puts the one cause of a failed job into the subject', () => {
  const jobError = "could not activate storage 'nas-backup': storage 'nas-backup' is not online";
  const { title, body } = renderVzdump({
    fqdn: 'pve2.example.net',
    commandLine: 'vzdump --all 1',
    totalSeconds: 0,
    guests: [],
    jobError,
  });
  expect(title).toBe(`vzdump backup status (pve2.example.net): backup failed: ${jobError} `);
  expect(body).toContain('Total running time: 0s\nTotal size: 0 B\n');
});

it('renders fencing with the states of nodes and resources', () => {
  const { title, body } = renderFencing({
    phase: 'done',
    node: 'pve2',
    cluster: 'atlas',
    at: AT,
    nodes: [
      { name: 'pve1', state: 'online', isMaster: true },
      { name: 'pve2', state: 'unknown', isMaster: false },
    ],
    services: [
      { sid: 'vm:104', node: 'pve2', state: 'fence' },
      { sid: 'ct:205', node: 'pve1', state: 'started' },
    ],
  });
  expect(title).toBe("Successfully fenced node 'pve2' ");
  expect(body).toContain(
    "Status:    fencing: acknowledged - got agent lock for node 'pve2'\nTimestamp: 2026-03-14 14:32:45\n",
  );
  expect(body).toContain('- pve1: online [master]\n- pve2: unknown \n');
  expect(body).toContain(
    '- vm:104 [pve2]: fence\nThe other HA resources in this cluster are:\n\n- ct:205 [pve1]: started\n',
  );
});

it('notes that a replication job is stuck with its third failure, and never knows the next try', () => {
  const failure = {
    id: '110-0',
    target: 'pve3',
    schedule: '*/15',
    lastSync: AT / 1000,
    failCount: 3,
    error: 'exit code 255',
  };
  const { body } = renderReplication(failure);
  expect(body).toContain(
    'Last successful sync: 2026-03-14 14:32:45\nNext sync try: ERROR\nFailure count: 3\nNote: The system  will',
  );
  expect(renderReplication({ ...failure, failCount: 1 }).body).not.toContain('Note:');
});

it('names the source store in a sync subject and the failed snapshots of a verification', () => {
  const sync = renderSync(
    'pbs1.example.net',
    { id: 's-0a1b', store: 'tank-main', remote: 'offsite', remoteStore: 'dr-store' },
    'sync failed with some errors.',
  );
  expect(sync.title).toBe("Sync remote 'offsite' datastore 'dr-store' failed ");
  expect(sync.body).toContain(
    'Remote:             offsite\nRemote Store:       dr-store\n\nSynchronization failed: sync failed with some errors.\n',
  );
  const verify = renderVerify('pbs1.example.net', { id: 'v-7d7e', store: 'tank-main' }, [
    'ns/prod/vm/104/2026-03-10T01:00:05Z',
    'ct/205',
  ]);
  expect(verify.body).toContain(
    'snapshots/groups:\n\n    ns/prod/vm/104/2026-03-10T01:00:05Z\n    ct/205\n\n\nPlease visit',
  );
});

it('carries the UPID in a good garbage collection only', () => {
  const upid = 'UPID:pbs1:0000035F:00000A1B:0000001C:69B4DD40:garbage_collection:tank\\x2dmain:root@pam:';
  const figures = {
    upid,
    indexFiles: 1842,
    removedBytes: 16 * 1024 ** 3,
    removedChunks: 9312,
    pendingBytes: 1024 ** 3,
    pendingChunks: 640,
    originalBytes: 44 * 1024 ** 4,
    onDiskBytes: 2 * 1024 ** 4,
    diskChunks: 1_203_312,
  };
  const { body } = renderGc('pbs1.example.net', 'tank-main', figures);
  expect(body).toContain(`Task ID:              ${upid}\n`);
  expect(body).toContain('On-Disk usage:        2 TiB (4.55%)\n');
  expect(body).toContain('Deduplication Factor: 22.00\n');
  expect(renderGc('pbs1.example.net', 'tank-main', { error: 'x' }).body).not.toContain('UPID');
});

it('says null for the installed version of a new package', () => {
  const { body } = renderPvePackageUpdates('pve1.example.net', [
    { name: 'proxmox-kernel-6.17.9-1-pve-signed', available: '6.17.9-1' },
  ]);
  expect(body).toContain('proxmox-kernel-6.17.9-1-pve-signed    null                 6.17.9-1             ');
});
