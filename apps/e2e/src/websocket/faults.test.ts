import { watchLab, type WatchedLab } from './watch-lab.ts';

let w: WatchedLab;
afterEach(() => w.close());

/** Rounds of a minute in the lab's time: a second of ours. */
const OFTEN = Object.fromEntries(
  ['DISKS', 'ZFS', 'CEPH', 'SERVICES', 'CERTIFICATES', 'COVERAGE', 'UPDATES'].map((poll) => [
    `WEBSOCKET_${poll}_SECONDS`,
    '60',
  ]),
);
const SPEED = 60;

const FAULTS = `
name: faults
steps:
  - { do: disk-health, node: pve1, disk: sda, health: FAILED! }
  - { do: disk-wear, node: pve2, disk: nvme0n1, left_percent: 9 }
  - { do: pool-device, node: pve3, pool: rpool, state: FAULTED }
  - { do: pool-checksums, node: pve1, pool: rpool, count: 3 }
  - { do: service-fail, node: pve2, service: pvestatd }
  - { do: certificate-end, node: pve3, days: 5 }
  - { do: ceph-raise, check: OSD_DOWN, message: 1 osds down }
  - { do: ceph-raise, check: POOL_APP_NOT_ENABLED, message: muted by the operator, muted: true }
  - { do: ha-state, sid: 'vm:110', state: error }
  - { do: disk-health, node: pbs1, disk: sda, health: FAILED! }
  - { do: pool-suspend, node: pbs1, pool: tank }
  - { do: service-fail, node: pbs1, service: proxmox-backup-proxy }
  - { do: update-offer, node: pbs1, package: proxmox-backup-server, version: 4.2.4 }
`;
const WHILE_DOWN = `
name: while nobody looks
steps:
  - { do: backup-job, job: backup-nightly, enabled: false }
`;
const MENDED = `
name: mended
steps:
  - { do: disk-health, node: pve1, disk: sda, health: PASSED }
  - { do: pool-device, node: pve3, pool: rpool, state: ONLINE }
  - { do: service-restore, node: pve2, service: pvestatd }
  - { do: certificate-renew, node: pve3 }
  - { do: ceph-clear, check: OSD_DOWN }
  - { do: ha-state, sid: 'vm:110', state: started }
  - { do: backup-job, job: backup-nightly, enabled: true }
  - { do: disk-health, node: pbs1, disk: sda, health: PASSED }
  - { do: pool-resume, node: pbs1, pool: tank }
  - { do: service-restore, node: pbs1, service: proxmox-backup-proxy }
`;

const TOLD = [
  'ceph.check.raised OSD_DOWN',
  'certificate.expiring pve3 pve-ssl.pem',
  'disk.smart.failed pbs1 /dev/sda',
  'disk.smart.failed pve1 /dev/sda',
  'disk.wearout.high pve2 /dev/nvme0n1',
  'ha.service.error pve2 vm:110',
  'node.service.failed pbs1 proxmox-backup-proxy.service',
  'node.service.failed pve2 pvestatd.service',
  'node.updates.available pbs1 2',
  'zfs.pool.suspended pbs1 tank',
  'zfs.vdev.checksum_error pve1 rpool',
  'zfs.vdev.faulted pve3 rpool',
];
/** Guests that only the nightly job backs up. */
const NIGHTLY = [102, 105, 110, 111, 120, 121, 130, 205, 206, 210];
const TOLD_AFTER_RESTART = NIGHTLY.map((vmid) => `guest.backup.uncovered ${vmid}`);
const RECOVERED = [
  'ceph.check.cleared OSD_DOWN',
  'certificate.renewed pve3 pve-ssl.pem',
  'disk.smart.passed pbs1 /dev/sda',
  'disk.smart.passed pve1 /dev/sda',
  ...NIGHTLY.map((vmid) => `guest.backup.covered ${vmid}`),
  'ha.service.cleared pve2 vm:110',
  'node.service.running pbs1 proxmox-backup-proxy.service',
  'node.service.running pve2 pvestatd.service',
  'zfs.vdev.online pbs1 tank',
  'zfs.vdev.online pve3 rpool',
];

/** Each event as `type node what`, sorted. */
function told(): string[] {
  return w.events
    .map(({ type, node, guest, facts }) => {
      const what =
        facts['unit'] ??
        facts['device'] ??
        facts['pool'] ??
        facts['filename'] ??
        facts['check'] ??
        facts['sid'] ??
        guest?.vmid ??
        facts['count'];
      const isShort = typeof what === 'string' || typeof what === 'number';
      return [type, node, isShort ? String(what) : undefined].filter((part) => part !== undefined).join(' ');
    })
    .sort();
}

/** Waits until every poll has its baseline of every machine. */
async function baseline(): Promise<void> {
  const wanted: [string, string, number][] = [
    ...['disks', 'zfs', 'services', 'certificates'].map((poll): [string, string, number] => ['lab', poll, 3]),
    ['lab', 'ceph', 1],
    ['lab', 'coverage', 1],
    ...['disks', 'zfs', 'services', 'updates'].map((poll): [string, string, number] => ['pbs1', poll, 1]),
  ];
  for (const [source, poll, count] of wanted) {
    let seen = 0;
    await w.until(() => {
      void w.seenBy(source, poll).then((scopes) => (seen = scopes.length));
      return seen >= count;
    }, 600);
  }
}

it('tells each fault once, its end once, and what happened while it was down once', async () => {
  w = await watchLab({}, SPEED);
  const first = await w.startService('one', OFTEN);
  await baseline();
  expect(told()).toEqual([]);
  await w.lab.play(FAULTS).done;
  await w.until(() => told().length >= TOLD.length, 600);
  expect(told()).toEqual(TOLD);
  await first.stop();
  await w.lab.play(WHILE_DOWN).done;
  await w.startService('two', OFTEN);
  await w.until(() => told().length >= TOLD.length + TOLD_AFTER_RESTART.length, 600);
  await w.lab.play(MENDED).done;
  const all = [...TOLD, ...TOLD_AFTER_RESTART, ...RECOVERED].sort();
  await w.until(() => told().length >= all.length, 900);
  expect(told()).toEqual(all);
  expect(w.deadLetters).toEqual([]);
  expect(new Set(w.events.map(({ id }) => id)).size).toBe(w.events.length);
});

it('names a missing privilege once, with the line that grants it, and goes on with what it may see', async () => {
  w = await watchLab({}, SPEED);
  const { access } = w.lab.pve('pve1');
  access.roles.set('NoSysAudit', { privs: ['VM.Audit', 'Datastore.Audit'], special: false });
  for (const [index, rule] of access.acl.entries())
    if (rule.role === 'PVEAuditor') access.acl[index] = { ...rule, role: 'NoSysAudit' };
  await w.startService('one', OFTEN);
  // Anybody may read certificates.
  let seen = 0;
  await w.until(() => {
    void w.seenBy('lab', 'certificates').then((scopes) => (seen = scopes.length));
    return seen >= 3;
  }, 600);
  await w.lab.play(`name: x\nsteps:\n  - { do: certificate-end, node: pve1, days: 20 }\n`).done;
  await w.until(() => told().includes('certificate.expiring pve1 pve-ssl.pem'), 600);
  const state = await w.sourceState('lab');
  const missing = (state?.degraded ?? []).filter(({ reason }) => reason === 'privilege');
  expect(missing).toEqual([
    expect.objectContaining({
      detail: expect.stringContaining('Sys.Audit'),
      fix: expect.stringMatching(/^pveum acl modify .*PVEAuditor/),
    }),
  ]);
});

it('stays under a request a second per host, of three nodes and a thousand guests, with every poll on', async () => {
  w = await watchLab({ scale: { nodes: 3, guests: 1_000 } }, SPEED);
  await w.startService('one', { WEBSOCKET_SUBSCRIPTION_SECONDS: '3600' });
  await w.until(() => w.observations.length >= 3, 120);
  const [from, startedAt] = [w.requests(), w.lab.world.clock.now()];
  const minutes = 10;
  await w.until(() => w.lab.world.clock.now() - startedAt >= minutes * 60_000, minutes * 60 + 60);
  const hosts = 3;
  const seconds = (w.lab.world.clock.now() - startedAt) / 1000;
  expect(w.requests() - from).toBeLessThan(seconds * hosts);
  for (const poll of ['disks', 'zfs', 'services', 'certificates', 'subscription'])
    expect(await w.seenBy('scale', poll)).toHaveLength(3);
});
