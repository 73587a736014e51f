import { makeCeph } from './ceph.ts';
import { DAY } from './sizes.ts';
import { PveSite, type SiteContext } from './pve-site.ts';
import { addPastBackups, addPastJournal, addPastTasks } from './past.ts';
import { addUsers } from './lab-users.ts';
import { makeGuest, makeNode, makeStorage } from './make.ts';
import { addStorages } from './lab-storages.ts';

/** The three-node cluster `lab`: twelve guests, HA, replication, a nightly backup job. */
export function populateCluster(
  context: SiteContext,
  pbs: { host: string; datastore: string; fingerprint: string },
): PveSite {
  const site = new PveSite(context, { clusterName: 'lab', domain: 'lab.example' });
  makeNode(site, { name: 'pve1', nodeid: 1, ip: '192.0.2.11', upDays: 41 });
  makeNode(site, { name: 'pve2', nodeid: 2, ip: '192.0.2.12', upDays: 41 });
  makeNode(site, { name: 'pve3', nodeid: 3, ip: '192.0.2.13', upDays: 12 });
  addUsers(site);
  addStorages(site, pbs);
  makeStorage(site, {
    id: 'local-zfs',
    type: 'zfspool',
    content: 'images,rootdir',
    shared: false,
    totalGib: 900,
    usedGib: 120,
    config: { pool: 'rpool/data', sparse: 1 },
  });
  site.pools.set('prod', { comment: 'production guests' });
  const vm = (g: Omit<Parameters<typeof makeGuest>[1], 'kind'>) => makeGuest(site, { kind: 'qemu', ...g });
  const ct = (g: Omit<Parameters<typeof makeGuest>[1], 'kind'>) => makeGuest(site, { kind: 'lxc', ...g });
  vm({
    vmid: 101,
    name: 'web01',
    node: 'pve1',
    cores: 2,
    memGib: 4,
    diskGib: 32,
    usedGib: 11,
    storage: 'local-lvm',
    tags: ['prod', 'web'],
    pool: 'prod',
  });
  vm({
    vmid: 102,
    name: 'mail01',
    node: 'pve1',
    cores: 2,
    memGib: 8,
    diskGib: 64,
    usedGib: 40,
    storage: 'local-lvm',
    tags: ['prod'],
  });
  vm({
    vmid: 104,
    name: 'db01',
    node: 'pve1',
    cores: 8,
    memGib: 16,
    diskGib: 120,
    usedGib: 74,
    storage: 'local-lvm',
    tags: ['db', 'prod'],
    pool: 'prod',
  });
  ct({
    vmid: 105,
    name: 'proxy',
    node: 'pve1',
    cores: 1,
    memGib: 1,
    diskGib: 8,
    usedGib: 2,
    storage: 'local-lvm',
    tags: ['infra'],
  });
  vm({
    vmid: 110,
    name: 'git01',
    node: 'pve2',
    cores: 4,
    memGib: 8,
    diskGib: 80,
    usedGib: 31,
    storage: 'local-zfs',
    tags: ['prod'],
  });
  vm({
    vmid: 111,
    name: 'ci-runner',
    node: 'pve2',
    cores: 8,
    memGib: 16,
    diskGib: 100,
    usedGib: 55,
    storage: 'local-lvm',
    agent: false,
  });
  ct({
    vmid: 205,
    name: 'dns01',
    node: 'pve2',
    cores: 1,
    memGib: 1,
    diskGib: 8,
    usedGib: 1,
    storage: 'local-zfs',
    tags: ['infra'],
  });
  ct({
    vmid: 206,
    name: 'grafana',
    node: 'pve2',
    cores: 2,
    memGib: 2,
    diskGib: 16,
    usedGib: 6,
    storage: 'local-lvm',
  });
  vm({
    vmid: 120,
    name: 'files01',
    node: 'pve3',
    cores: 4,
    memGib: 8,
    diskGib: 500,
    usedGib: 210,
    storage: 'local-lvm',
    tags: ['prod'],
  });
  vm({
    vmid: 121,
    name: 'win-dc1',
    node: 'pve3',
    cores: 4,
    memGib: 8,
    diskGib: 80,
    usedGib: 44,
    storage: 'local-lvm',
    tags: ['prod', 'windows'],
  });
  ct({
    vmid: 210,
    name: 'dns02',
    node: 'pve3',
    cores: 1,
    memGib: 1,
    diskGib: 8,
    usedGib: 1,
    storage: 'local-lvm',
    tags: ['infra'],
  });
  vm({
    vmid: 130,
    name: 'staging',
    node: 'pve3',
    cores: 2,
    memGib: 4,
    diskGib: 40,
    storage: 'local-lvm',
    running: false,
  });
  vm({
    vmid: 900,
    name: 'tmpl-debian',
    node: 'pve1',
    cores: 1,
    memGib: 2,
    diskGib: 8,
    usedGib: 2,
    storage: 'local-lvm',
    template: true,
  });
  site.guest(101).snapshots.push({
    name: 'before-upgrade',
    takenAt: site.seconds() - 9 * DAY,
    description: 'before apt full-upgrade',
    vmstate: false,
  });
  site.backupJobs.set('backup-nightly', {
    id: 'backup-nightly',
    schedule: '02:00',
    enabled: true,
    storage: 'nas-backup',
    mode: 'snapshot',
    all: true,
    prune: 'keep-last=7',
    comment: 'everything, every night',
    notesTemplate: '{{guestname}}',
  });
  site.backupJobs.set('backup-pbs', {
    id: 'backup-pbs',
    schedule: 'sun 04:30',
    enabled: true,
    storage: 'pbs1',
    mode: 'snapshot',
    vmids: [101, 104],
  });
  const now = site.seconds();
  for (const [id, target] of [
    ['110-0', 'pve3'],
    ['205-0', 'pve3'],
  ] as const) {
    site.replication.set(id, {
      id,
      guest: Number(id.split('-')[0]),
      target,
      schedule: '*/15',
      lastSync: now - (now % 900),
      lastTry: now - (now % 900),
      nextSync: now - (now % 900) + 900,
      durationSeconds: 6.2,
      failCount: 0,
      log: [],
    });
  }
  site.haMaster = 'pve1';
  site.ceph = makeCeph();
  for (const [sid, vmid] of [
    ['vm:110', 110],
    ['ct:205', 205],
    ['vm:120', 120],
  ] as const) {
    site.ha.set(sid, {
      sid,
      vmid,
      state: 'started',
      requestState: 'started',
      node: site.guest(vmid).node,
      maxRestart: 1,
      maxRelocate: 1,
    });
  }
  addPastBackups(site, 'nas-backup', 3);
  addPastTasks(site);
  addPastJournal(site);
  return site;
}

/** The standalone host `edge`. */
export function populateEdge(context: SiteContext): PveSite {
  const site = new PveSite(context, { domain: 'lab.example' });
  makeNode(site, { name: 'edge', nodeid: 0, ip: '192.0.2.31', upDays: 97, cores: 4, memGib: 16 });
  addUsers(site);
  addStorages(site, undefined);
  makeGuest(site, {
    kind: 'qemu',
    vmid: 100,
    name: 'firewall',
    node: 'edge',
    cores: 2,
    memGib: 2,
    diskGib: 16,
    usedGib: 4,
    storage: 'local-lvm',
    tags: ['infra'],
  });
  makeGuest(site, {
    kind: 'lxc',
    vmid: 101,
    name: 'vpn',
    node: 'edge',
    cores: 1,
    memGib: 1,
    diskGib: 4,
    usedGib: 1,
    storage: 'local-lvm',
  });
  site.backupJobs.set('backup-edge', {
    id: 'backup-edge',
    schedule: '03:15',
    enabled: true,
    storage: 'nas-backup',
    mode: 'snapshot',
    all: true,
    prune: 'keep-last=3',
  });
  return site;
}
