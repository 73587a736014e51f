import { PveSite, type SiteContext } from './pve-site.ts';
import type { LabDisk, LabGuest, LabNode, LabStorage } from './pve-model.ts';
import { createRandom } from './random.ts';

const GIB = 1024 ** 3;
const DAY = 86_400;

/** A node as if it had booted `upDays` ago. */
export function makeNode(
  site: PveSite,
  options: { name: string; nodeid: number; ip: string; upDays: number; cores?: number; memGib?: number },
): LabNode {
  const random = createRandom(`node ${options.name}`);
  const base = random.int(700, 1_100);
  const daemons = [
    'corosync',
    'pmxcfs',
    'pvedaemon',
    'pveproxy',
    'pvescheduler',
    'pvestatd',
    'pve-ha-crm',
    'pve-ha-lrm',
    'watchdog-mux',
  ];
  const node: LabNode = {
    name: options.name,
    nodeid: options.nodeid,
    ip: options.ip,
    fqdn: `${options.name}.${site.domain}`,
    maxcpu: options.cores ?? 16,
    maxmem: (options.memGib ?? 64) * GIB,
    rootTotal: 94 * GIB,
    rootUsed: random.int(9, 30) * GIB,
    version: '9.2.11',
    bootedAt: site.seconds() - options.upDays * DAY - random.int(0, 40_000),
    fingerprint: Array.from({ length: 32 }, () => random.hex(2).toUpperCase()).join(':'),
    pem: '',
    nextPid: random.int(100_000, 240_000),
    daemons: Object.fromEntries(daemons.map((d, i) => [d, base + i * 13])),
    journal: [],
  };
  site.nodes.set(node.name, node);
  return node;
}

/** A guest with one system disk on `storage`, and what a config of it would hold. */
export function makeGuest(
  site: PveSite,
  options: {
    vmid: number;
    kind: 'qemu' | 'lxc';
    name: string;
    node: string;
    cores: number;
    memGib: number;
    diskGib: number;
    usedGib?: number;
    storage: string;
    running?: boolean;
    tags?: string[];
    pool?: string;
    template?: boolean;
    agent?: boolean;
  },
): LabGuest {
  const random = createRandom(`guest ${options.vmid}`);
  const isVm = options.kind === 'qemu';
  const key = isVm ? 'scsi0' : 'rootfs';
  const volid = `${options.storage}:${isVm ? `vm-${options.vmid}-disk-0` : `subvol-${options.vmid}-disk-0`}`;
  const disk: LabDisk = { key, volid, sizeBytes: options.diskGib * GIB };
  const mac = `BC:24:11:${[2, 2, 2].map((n) => random.hex(n).toUpperCase()).join(':')}`;
  const running = options.running !== false && options.template !== true;
  const createdAt = site.seconds() - random.int(60, 400) * DAY;
  const guest: LabGuest = {
    vmid: options.vmid,
    kind: options.kind,
    name: options.name,
    node: options.node,
    status: running ? 'running' : 'stopped',
    paused: false,
    cores: options.cores,
    memBytes: options.memGib * GIB,
    disks: [disk],
    usedBytes: Math.round((options.usedGib ?? options.diskGib * 0.4) * GIB),
    tags: options.tags ?? [],
    template: options.template ?? false,
    agent: isVm && options.agent !== false,
    snapshots: [],
    config: isVm
      ? {
          boot: 'order=scsi0',
          cpu: 'x86-64-v2-AES',
          meta: `creation-qemu=10.0.13,ctime=${createdAt}`,
          net0: `virtio=${mac},bridge=vmbr0,firewall=1`,
          ...(running ? { onboot: 1 } : {}),
          ostype: 'l26',
          scsihw: 'virtio-scsi-single',
          smbios1: `uuid=${random.uuid()}`,
          sockets: 1,
          vmgenid: random.uuid(),
        }
      : {
          arch: 'amd64',
          features: 'nesting=1',
          net0: `name=eth0,bridge=vmbr0,hwaddr=${mac},ip=dhcp,type=veth`,
          ...(running ? { onboot: 1 } : {}),
          ostype: 'debian',
          swap: 512,
          unprivileged: 1,
        },
    ...(options.pool === undefined ? {} : { pool: options.pool }),
  };
  if (running) {
    const bootedAt = site.nodes.get(options.node)?.bootedAt ?? site.seconds();
    guest.startedAt = Math.min(site.seconds() - 60, bootedAt + random.int(30, 90_000));
    guest.pid = random.int(2_000, 90_000);
  }
  site.guests.set(guest.vmid, guest);
  return guest;
}

/** A storage with sizes in GiB. */
export function makeStorage(
  site: PveSite,
  options: Pick<LabStorage, 'id' | 'type' | 'content' | 'shared'> &
    Partial<Pick<LabStorage, 'path' | 'prune' | 'nodes' | 'config'>> & { totalGib: number; usedGib: number },
): LabStorage {
  const storage: LabStorage = {
    id: options.id,
    type: options.type,
    content: options.content,
    shared: options.shared,
    disabled: false,
    online: true,
    changedAt: 0,
    totalBytes: options.totalGib * GIB,
    usedBytes: options.usedGib * GIB,
    config: options.config ?? {},
    volumes: [],
    ...(options.path === undefined ? {} : { path: options.path }),
    ...(options.prune === undefined ? {} : { prune: options.prune }),
    ...(options.nodes === undefined ? {} : { nodes: options.nodes }),
  };
  site.storages.set(storage.id, storage);
  return storage;
}

function addStorages(
  site: PveSite,
  pbs: { host: string; datastore: string; fingerprint: string } | undefined,
): void {
  makeStorage(site, {
    id: 'local',
    type: 'dir',
    content: 'iso,vztmpl,snippets',
    shared: false,
    path: '/var/lib/vz',
    totalGib: 94,
    usedGib: 21,
  });
  makeStorage(site, {
    id: 'local-lvm',
    type: 'lvmthin',
    content: 'images,rootdir',
    shared: false,
    totalGib: 1_700,
    usedGib: 610,
    config: { thinpool: 'data', vgname: 'pve' },
  });
  makeStorage(site, {
    id: 'nas-backup',
    type: 'nfs',
    content: 'backup',
    shared: true,
    path: '/mnt/pve/nas-backup',
    prune: 'keep-last=7',
    totalGib: 7_200,
    usedGib: 3_310,
    config: { export: '/volume1/backup', server: '192.0.2.50', options: 'vers=4.2' },
  });
  if (pbs !== undefined) {
    makeStorage(site, {
      id: 'pbs1',
      type: 'pbs',
      content: 'backup',
      shared: true,
      prune: 'keep-all=1',
      totalGib: 9_300,
      usedGib: 4_100,
      config: {
        datastore: pbs.datastore,
        server: pbs.host,
        username: 'pve@pbs!backup',
        fingerprint: pbs.fingerprint,
      },
    });
  }
}

/** The users every lab host has, with fixed secrets: this is a pretend lab and the secrets are printed at start. */
export const LAB_SECRETS = {
  root: { user: 'root@pam', tokenName: 'full', secret: '11111111-1111-4111-8111-111111111111' },
  auditor: { user: 'mcp@pve', tokenName: 'lab', secret: '22222222-2222-4222-8222-222222222222' },
  nobody: { user: 'nobody@pve', tokenName: 'none', secret: '33333333-3333-4333-8333-333333333333' },
  operator: { user: 'ops@pve', tokenName: 'ops', secret: '44444444-4444-4444-8444-444444444444' },
  password: 'lab-password',
} as const;

/** root@pam!full, mcp@pve!lab (PVEAuditor and Sys.Syslog), ops@pve!ops (may act), nobody@pve!none (may nothing). */
export function addUsers(site: PveSite): void {
  const { access } = site;
  const password = LAB_SECRETS.password;
  for (const userid of ['root@pam', 'mcp@pve', 'ops@pve', 'nobody@pve']) {
    access.users.set(userid, { userid, password, enable: true, expire: 0, groups: [] });
  }
  access.users.set('gone@pve', {
    userid: 'gone@pve',
    password,
    enable: false,
    expire: 0,
    groups: [],
    comment: 'left the company',
  });
  for (const { user, tokenName, secret } of [
    LAB_SECRETS.root,
    LAB_SECRETS.auditor,
    LAB_SECRETS.nobody,
    LAB_SECRETS.operator,
  ]) {
    const privsep = user !== 'root@pam';
    access.tokens.set(`${user}!${tokenName}`, {
      userid: user,
      tokenid: tokenName,
      secret,
      privsep,
      expire: 0,
    });
  }
  access.roles.set('SyslogReader', { privs: ['Sys.Syslog'], special: false });
  access.roles.set('Operator', {
    privs: [
      'Datastore.AllocateSpace',
      'Datastore.Audit',
      'Sys.Audit',
      'VM.Audit',
      'VM.Backup',
      'VM.Migrate',
      'VM.PowerMgmt',
      'VM.Snapshot',
      'VM.Snapshot.Rollback',
    ],
    special: false,
  });
  const grant = (who: string, role: string) => access.acl.push({ path: '/', who, role, propagate: true });
  for (const who of ['mcp@pve', 'mcp@pve!lab']) {
    grant(who, 'PVEAuditor');
    grant(who, 'SyslogReader');
  }
  for (const who of ['ops@pve', 'ops@pve!ops']) grant(who, 'Operator');
}

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

function addPastBackups(site: PveSite, storageId: string, nights: number): void {
  const storage = site.storage(storageId);
  for (let night = nights; night >= 1; night--) {
    for (const guest of site.guests.values()) {
      if (guest.template) continue;
      const createdAt = site.seconds() - (site.seconds() % DAY) - night * DAY + 7_200 + guest.vmid;
      const stamp = new Date(createdAt * 1000)
        .toISOString()
        .slice(0, 19)
        .replace('T', '-')
        .replaceAll(':', '_');
      const [date = '', time = ''] = [stamp.slice(0, 10).replaceAll('-', '_'), stamp.slice(11)];
      const format = guest.kind === 'qemu' ? 'vma.zst' : 'tar.zst';
      storage.volumes.push({
        volid: `${storageId}:backup/vzdump-${guest.kind}-${guest.vmid}-${date}-${time}.${format}`,
        content: 'backup',
        format,
        sizeBytes: Math.round(guest.usedBytes * 0.4),
        createdAt,
        vmid: guest.vmid,
        subtype: guest.kind,
        notes: guest.name,
      });
    }
  }
}

/** What the last days left in the archives, so that a first look at the lab is not at an empty one. */
function addPastTasks(site: PveSite): void {
  const midnight = site.seconds() - (site.seconds() % DAY);
  for (let night = 3; night >= 1; night--) {
    for (const [index, node] of [...site.nodes.keys()].entries()) {
      const startedAt = midnight - night * DAY + 7_200 + index;
      site.addPastTask({
        node,
        type: 'vzdump',
        id: '',
        startedAt,
        seconds: 1_260,
        log: ['INFO: Backup job finished successfully'],
      });
      site.addPastTask({ node, type: 'aptupdate', id: '', startedAt: startedAt + 9_000, seconds: 6 });
    }
  }
  site.addPastTask({
    node: 'pve1',
    type: 'qmsnapshot',
    id: '101',
    startedAt: midnight - 9 * DAY,
    seconds: 3,
  });
  site.addPastTask({
    node: 'pve2',
    type: 'vncproxy',
    id: '110',
    startedAt: midnight - 40_000,
    seconds: 11,
    status: 'connection timed out',
  });
}
