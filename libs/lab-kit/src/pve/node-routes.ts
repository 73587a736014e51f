import { startVzdump } from '../world/vzdump.ts';
import { noise } from '../world/random.ts';
import type { LabNode } from '../world/pve-model.ts';
import { ApiError, parameterError } from './api-error.ts';
import { Paged, type Call, type Routes } from './call.ts';
import { nodeLoad, nodeResource, nodesOf } from './views.ts';

const KERNEL = 'Linux 6.17.9-1-pve #1 SMP PREEMPT_DYNAMIC PMX 6.17.9-1 (2026-10-12T09:00Z)';
const SERVICES: readonly [string, string][] = [
  ['chrony', 'chrony, an NTP client/server'],
  ['corosync', 'Corosync Cluster Engine'],
  ['cron', 'Regular background program processing daemon'],
  ['lxcfs', 'FUSE filesystem for LXC'],
  ['postfix', 'Postfix Mail Transport Agent'],
  ['pve-cluster', 'The Proxmox VE cluster filesystem'],
  ['pve-firewall', 'Proxmox VE firewall'],
  ['pve-ha-crm', 'PVE Cluster HA Resource Manager Daemon'],
  ['pve-ha-lrm', 'PVE Local HA Resource Manager Daemon'],
  ['pvedaemon', 'PVE API Daemon'],
  ['pveproxy', 'PVE API Proxy Server'],
  ['pvescheduler', 'Proxmox VE scheduler'],
  ['pvestatd', 'PVE Status Daemon'],
  ['qmeventd', 'PVE Qemu Event Daemon'],
  ['spiceproxy', 'PVE SPICE Proxy Server'],
  ['sshd', 'OpenBSD Secure Shell server'],
  ['systemd-journald', 'Journal Service'],
];

const serviceRow = ([name, desc]: readonly [string, string]) => ({
  name,
  service: name,
  desc,
  state: 'running',
  'active-state': 'active',
  'unit-state': 'enabled',
});

function status(call: Call): unknown {
  const node = call.node();
  const load = nodeLoad(call.site, node);
  const busy = load.cpu * node.maxcpu;
  return {
    'boot-info': { mode: 'efi', secureboot: 0 },
    cpu: load.cpu,
    cpuinfo: {
      cores: node.maxcpu / 2,
      cpus: node.maxcpu,
      family: '25',
      flags: 'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat svm',
      hvm: '1',
      mhz: '2445.404',
      model: 'AMD EPYC 7313P 16-Core Processor',
      sockets: 1,
      user_hz: 100,
      vendor: 'AuthenticAMD',
    },
    'current-kernel': {
      machine: 'x86_64',
      release: '6.17.9-1-pve',
      sysname: 'Linux',
      version: KERNEL.slice(KERNEL.indexOf('#')),
    },
    idle: 0,
    ksm: { shared: 0 },
    kversion: KERNEL,
    loadavg: [busy, busy * 0.9, busy * 0.8].map((n) => n.toFixed(2)),
    memory: {
      available: node.maxmem - load.mem,
      free: Math.round((node.maxmem - load.mem) * 0.6),
      total: node.maxmem,
      used: load.mem,
    },
    pveversion: `pve-manager/${node.version}/14a22df35955d97d`,
    rootfs: {
      avail: node.rootTotal - node.rootUsed,
      free: node.rootTotal - node.rootUsed,
      total: node.rootTotal,
      used: node.rootUsed,
    },
    swap: { free: 8 * 1024 ** 3, total: 8 * 1024 ** 3, used: 0 },
    uptime: load.uptime,
    wait: 0,
  };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function journalText(node: LabNode, line: LabNode['journal'][number]): string {
  const d = new Date(line.at);
  const clock = d.toISOString().slice(11, 19);
  return `${MONTHS[d.getUTCMonth()] ?? ''} ${String(d.getUTCDate()).padStart(2, '0')} ${clock} ${node.name} ${line.tag}[${line.pid}]: ${line.text}`;
}

function syslog(call: Call): unknown {
  const node = call.node();
  const since = call.text('since');
  const until = call.text('until');
  const service = call.text('service');
  const lines = node.journal.filter(
    (l) =>
      (since === undefined ||
        l.at >= Date.parse(`${since.replace(' ', 'T')}${since.includes(':') ? 'Z' : 'T00:00:00Z'}`)) &&
      (until === undefined ||
        l.at <= Date.parse(`${until.replace(' ', 'T')}${until.includes(':') ? 'Z' : 'T00:00:00Z'}`)) &&
      (service === undefined || l.tag === service),
  );
  if (lines.length === 0) return new Paged([{ n: 1, t: 'no content' }], 1);
  const start = call.int('start') ?? 0;
  const page = lines.slice(start, start + (call.int('limit') ?? 50));
  return new Paged(
    page.map((l, i) => ({ n: start + i + 1, t: journalText(node, l) })),
    lines.length,
  );
}

function journal(call: Call): unknown {
  const node = call.node();
  const last = call.int('lastentries') ?? 100;
  const since = call.int('since');
  const until = call.int('until');
  const cursor = (i: number) =>
    `s=${node.fingerprint.replaceAll(':', '').slice(0, 32).toLowerCase()};i=${i.toString(16)}`;
  const start = /;i=([0-9a-f]{1,12})$/.exec(call.text('startcursor') ?? '')?.[1];
  const indexed = node.journal.map((l, i) => ({ l, i }));
  const chosen = indexed.filter(
    ({ l, i }) =>
      (since === undefined || l.at >= since * 1000) &&
      (until === undefined || l.at <= until * 1000) &&
      (start === undefined || i >= Number.parseInt(start, 16)),
  );
  const page = start === undefined && since === undefined ? chosen.slice(-last) : chosen;
  const first = page[0]?.i ?? 0;
  const end = page.at(-1)?.i ?? first;
  return [cursor(first), ...page.map(({ l }) => journalText(node, l)), cursor(end)];
}

function storages(call: Call): unknown {
  const node = call.node();
  const content = call.text('content');
  const wanted = call.text('storage');
  if (wanted !== undefined && !call.site.storages.has(wanted))
    throw parameterError({ storage: 'No such storage.' });
  const rows: Record<string, unknown>[] = [];
  for (const s of call.site.storages.values()) {
    if (!nodesOf(call.site, s).includes(node)) continue;
    if (wanted !== undefined && s.id !== wanted) continue;
    if (call.flag('enabled') && s.disabled) continue;
    const path = `/storage/${s.id}`;
    if (!call.has(path, 'Datastore.Audit') && !call.has(path, 'Datastore.AllocateSpace')) continue;
    if (content !== undefined && !content.split(',').some((c) => s.content.split(',').includes(c))) continue;
    rows.push({ storage: s.id, ...storageStatus(s) });
  }
  return rows;
}

type LabStorageLike = Pick<
  import('../world/pve-model.ts').LabStorage,
  'type' | 'content' | 'shared' | 'disabled' | 'online' | 'totalBytes' | 'usedBytes'
>;

function storageStatus(s: LabStorageLike): Record<string, unknown> {
  const active = !s.disabled && s.online;
  return {
    type: s.type,
    content: s.content,
    shared: s.shared ? 1 : 0,
    enabled: s.disabled ? 0 : 1,
    active: active ? 1 : 0,
    total: active ? s.totalBytes : 0,
    used: active ? s.usedBytes : 0,
    avail: active ? s.totalBytes - s.usedBytes : 0,
    ...(active ? { used_fraction: s.usedBytes / s.totalBytes } : {}),
  };
}

function findStorage(call: Call) {
  const id = call.text('storage') ?? '';
  const storage = call.site.storages.get(id);
  if (storage === undefined) throw new ApiError(500, `storage '${id}' does not exist`);
  return storage;
}

function content(call: Call): unknown {
  const storage = findStorage(call);
  if (storage.disabled) throw new ApiError(500, `storage '${storage.id}' is disabled`);
  if (!storage.online) throw new ApiError(500, `storage '${storage.id}' is not online`);
  const node = call.node().name;
  const vmid = call.int('vmid');
  const kind = call.text('content');
  const images = [...call.site.guests.values()]
    .filter((g) => g.node === node || storage.shared)
    .flatMap((g) =>
      g.disks
        .filter((d) => d.volid.startsWith(`${storage.id}:`))
        .map((d) => ({
          volid: d.volid,
          content: g.kind === 'qemu' ? 'images' : 'rootdir',
          format: g.kind === 'qemu' ? 'raw' : 'subvol',
          size: d.sizeBytes,
          vmid: g.vmid,
          ctime: call.site.seconds() - 86_400 * 90,
          parent: null,
        })),
    );
  const files = storage.volumes
    .filter((v) => v.node === undefined || v.node === node)
    .map((v) => ({
      volid: v.volid,
      content: v.content,
      format: v.format,
      size: v.sizeBytes,
      ctime: v.createdAt,
      ...(v.vmid === undefined ? {} : { vmid: v.vmid }),
      ...(v.subtype === undefined ? {} : { subtype: v.subtype }),
      ...(v.notes === undefined ? {} : { notes: v.notes }),
      ...(v.protected === true ? { protected: 1 } : {}),
    }));
  return [...images, ...files].filter(
    (v) => (vmid === undefined || v.vmid === vmid) && (kind === undefined || v.content === kind),
  );
}

function replicationRows(call: Call): Record<string, unknown>[] {
  const node = call.node().name;
  return [...call.site.replication.values()]
    .filter((r) => call.site.guests.get(r.guest)?.node === node && call.has(`/vms/${r.guest}`, 'VM.Audit'))
    .map((r) => ({
      id: r.id,
      jobnum: Number(r.id.split('-')[1]),
      guest: r.guest,
      vmtype: call.site.guest(r.guest).kind,
      type: 'local',
      source: node,
      target: r.target,
      schedule: r.schedule,
      last_sync: r.lastSync,
      last_try: r.lastTry,
      next_sync: r.nextSync,
      duration: r.durationSeconds,
      fail_count: r.failCount,
      ...(r.error === undefined ? {} : { error: r.error }),
    }));
}

function rrd(call: Call): unknown {
  const node = call.node();
  const step =
    { hour: 60, day: 1_800, week: 10_800, month: 43_200, year: 604_800, decade: 604_800 }[
      call.text('timeframe') ?? 'hour'
    ] ?? 60;
  const end = Math.floor(call.site.seconds() / step) * step;
  return Array.from({ length: 70 }, (_, i) => {
    const time = end - (69 - i) * step;
    if (time < node.bootedAt) return { time };
    const n = noise(`${node.name}:${time}`);
    return {
      time,
      cpu: 0.02 + n * 0.1,
      maxcpu: node.maxcpu,
      memused: node.maxmem * (0.4 + n * 0.05),
      memtotal: node.maxmem,
      loadavg: n * 2,
      roottotal: node.rootTotal,
      rootused: node.rootUsed,
      netin: n * 90_000,
      netout: n * 40_000,
      iowait: n * 0.01,
    };
  });
}

function vzdump(call: Call): unknown {
  const node = call.node();
  const storage = call.text('storage') ?? 'local';
  let vmids = call.list('vmid').map(Number);
  if (call.flag('all'))
    vmids = call.site
      .guestsOf(node.name)
      .filter((g) => !g.template)
      .map((g) => g.vmid);
  const pool = call.text('pool');
  if (pool !== undefined)
    vmids = call.site
      .guestsOf(node.name)
      .filter((g) => g.pool === pool)
      .map((g) => g.vmid);
  if (vmids.length === 0) throw parameterError({ vmid: 'property is missing' });
  for (const vmid of vmids) call.require(`/vms/${vmid}`, 'VM.Backup');
  const mode = call.text('mode');
  const line = [
    'vzdump',
    ...vmids.map(String),
    ...['compress', 'mode', 'bwlimit', 'storage', 'node'].flatMap((n) => {
      const value = n === 'node' ? node.name : call.text(n);
      return value === undefined ? [] : [`--${n} ${value}`];
    }),
  ].join(' ');
  const prune = call.text('prune-backups');
  const here = vmids.filter((v) => call.site.guests.get(v)?.node === node.name || !call.site.guests.has(v));
  if (here.length === 0) return 'OK';
  return startVzdump(
    call.site,
    {
      node: node.name,
      vmids: here,
      storage,
      user: call.authid,
      commandLine: line,
      ...(mode === 'snapshot' || mode === 'suspend' || mode === 'stop' ? { mode } : {}),
      ...(prune === undefined ? {} : { prune }),
    },
    call.hooks.onPbsBackup,
  ).upid;
}

const disks = (call: Call) => {
  const { name } = call.node();
  const serial = (i: number) => `S4EVNX0R${Math.floor(noise(`${name} disk ${i}`) * 900_000 + 100_000)}`;
  return [0, 1].map((i) => ({
    devpath: i === 0 ? '/dev/nvme0n1' : '/dev/sda',
    model: i === 0 ? 'Samsung_SSD_980_PRO_2TB' : 'ST4000NM0035-1V4107',
    serial: serial(i),
    vendor: i === 0 ? 'unknown' : 'ATA',
    wwn: i === 0 ? 'eui.002538b111b2e4a5' : '0x5000c500a1b2c3d4',
    size: i === 0 ? 2_000_398_934_016 : 4_000_787_030_016,
    type: i === 0 ? 'nvme' : 'hdd',
    used: i === 0 ? 'LVM' : 'ext4',
    health: 'PASSED',
    wearout: i === 0 ? 96 : 'N/A',
    rpm: i === 0 ? 0 : 7200,
    gpt: 1,
    mounted: i,
    osdid: -1,
    'osdid-list': null,
  }));
};

export const nodeRoutes: Routes = {
  'GET /nodes': (call) =>
    [...call.site.nodes.values()].map((n) => ({
      ...nodeResource(call.site, n, call.has(`/nodes/${n.name}`, 'Sys.Audit')),
      ssl_fingerprint: n.fingerprint,
    })),
  'GET /nodes/{node}/status': status,
  'GET /nodes/{node}/version': () => ({ version: '9.2.11', release: '9.2', repoid: '14a22df35955d97d' }),
  'GET /nodes/{node}/time': (call) => ({
    time: call.site.seconds(),
    localtime: call.site.seconds(),
    timezone: 'Etc/UTC',
  }),
  'GET /nodes/{node}/dns': (call) => ({ search: call.site.domain, dns1: '192.0.2.53' }),
  'GET /nodes/{node}/config': () => ({}),
  'GET /nodes/{node}/syslog': syslog,
  'GET /nodes/{node}/journal': journal,
  'GET /nodes/{node}/services': () => SERVICES.map(serviceRow),
  'GET /nodes/{node}/services/{service}/state': (call) =>
    serviceRow(SERVICES.find(([s]) => s === call.text('service')) ?? [call.text('service') ?? '', '']),
  'GET /nodes/{node}/network': (call) => [
    {
      iface: 'vmbr0',
      type: 'bridge',
      method: 'static',
      method6: 'manual',
      address: call.node().ip,
      cidr: `${call.node().ip}/24`,
      netmask: '24',
      gateway: '192.0.2.1',
      bridge_ports: 'eno1',
      bridge_stp: 'off',
      bridge_fd: '0',
      autostart: 1,
      active: 1,
      priority: 4,
      families: ['inet'],
    },
    {
      iface: 'eno1',
      type: 'eth',
      method: 'manual',
      method6: 'manual',
      active: 1,
      exists: 1,
      priority: 3,
      families: ['inet'],
    },
  ],
  'GET /nodes/{node}/subscription': () => ({
    status: 'notfound',
    message: 'There is no subscription key',
    serverid: '0A1B2C3D4E5F60718293A4B5C6D7E8F9',
    url: 'https://www.proxmox.com/en/proxmox-virtual-environment/pricing',
  }),
  'GET /nodes/{node}/certificates/info': (call) => {
    const n = call.node();
    return [
      {
        filename: 'pve-ssl.pem',
        pem: n.pem,
        fingerprint: n.fingerprint,
        issuer: `/OU=PVE Cluster Node/O=Proxmox Virtual Environment/CN=${n.fqdn}`,
        subject: `/OU=PVE Cluster Node/O=Proxmox Virtual Environment/CN=${n.fqdn}`,
        notbefore: n.bootedAt,
        notafter: n.bootedAt + 730 * 86_400,
        'public-key-bits': 256,
        'public-key-type': 'id-ecPublicKey',
        san: ['127.0.0.1', 'localhost', n.fqdn],
      },
    ];
  },
  'GET /nodes/{node}/apt/update': () => [
    {
      Package: 'pve-manager',
      Title: 'Proxmox Virtual Environment Management Tools',
      OldVersion: '9.2.11',
      Version: '9.2.12',
      Origin: 'Proxmox',
      Arch: 'all',
      Section: 'admin',
      Priority: 'optional',
      Description: 'This package contains the Proxmox Virtual Environment management tools.',
    },
  ],
  'POST /nodes/{node}/apt/update': (call) =>
    call.site.startTask(
      { node: call.node().name, type: 'aptupdate', id: '', user: call.authid },
      function* ({ log }) {
        log('starting apt-get update');
        yield 2_000;
        log('Get:1 http://security.debian.org/debian-security trixie-security InRelease [43.4 kB]');
        log('Fetched 231 kB in 1s (239 kB/s)');
        log('Reading package lists...');
      },
    ).upid,
  'GET /nodes/{node}/disks/list': disks,
  'GET /nodes/{node}/disks/smart': () => ({ health: 'PASSED', type: 'text', text: '' }),
  'GET /nodes/{node}/disks/zfs': () => [
    {
      name: 'rpool',
      size: 966_367_641_600,
      alloc: 128_849_018_880,
      free: 837_518_622_720,
      frag: 11,
      dedup: 1,
      health: 'ONLINE',
    },
  ],
  'GET /nodes/{node}/ceph/status': () => {
    throw new ApiError(500, 'binary not installed: /usr/bin/ceph-mon');
  },
  'GET /nodes/{node}/replication': replicationRows,
  'GET /nodes/{node}/replication/{id}/status': (call) => {
    const found = replicationRows(call).find((r) => r['id'] === call.text('id'));
    if (found === undefined)
      throw new ApiError(500, `replication job '${call.text('id') ?? ''}' does not exist`);
    return found;
  },
  'GET /nodes/{node}/replication/{id}/log': (call) => {
    const log = call.site.replication.get(call.text('id') ?? '')?.log ?? [];
    return new Paged(
      log.length === 0 ? [{ n: 1, t: 'no content' }] : log.map((t, i) => ({ n: i + 1, t })),
      Math.max(1, log.length),
    );
  },
  'GET /nodes/{node}/rrddata': rrd,
  'GET /nodes/{node}/storage': storages,
  'GET /nodes/{node}/storage/{storage}/status': (call) => {
    const { used_fraction: _, ...status } = storageStatus(findStorage(call));
    return status;
  },
  'GET /nodes/{node}/storage/{storage}/content': content,
  'GET /nodes/{node}/storage/{storage}/prunebackups': (call) =>
    findStorage(call)
      .volumes.filter((v) => v.content === 'backup')
      .map((v) => ({
        volid: v.volid,
        ctime: v.createdAt,
        mark: v.protected === true ? 'protected' : 'keep',
        type: v.subtype ?? 'unknown',
        ...(v.vmid === undefined ? {} : { vmid: v.vmid }),
      })),
  'GET /storage': (call) =>
    [...call.site.storages.values()]
      .filter(
        (s) =>
          call.has(`/storage/${s.id}`, 'Datastore.Audit') ||
          call.has(`/storage/${s.id}`, 'Datastore.AllocateSpace'),
      )
      .map(storageConfig),
  'GET /storage/{storage}': (call) => storageConfig(findStorage(call)),
  'POST /nodes/{node}/vzdump': vzdump,
  'GET /nodes/{node}/vzdump/defaults': () => ({
    mode: 'snapshot',
    compress: '0',
    storage: 'local',
    remove: 1,
    lockwait: 180,
    stopwait: 10,
    ionice: 7,
    bwlimit: 0,
    'notification-mode': 'auto',
    mailnotification: 'always',
    'prune-backups': 'keep-all=1',
  }),
  'GET /cluster/notifications/targets': (call) =>
    call.site.notificationTargets.map((name) =>
      name === 'mail-to-root'
        ? { name, type: 'sendmail', origin: 'builtin', comment: "Send mails to root@pam's email address" }
        : { name, type: 'webhook', origin: 'user-created' },
    ),
  'POST /cluster/notifications/targets/{name}/test': (call) => {
    const name = call.text('name') ?? '';
    if (!call.site.notificationTargets.includes(name))
      throw new ApiError(404, `endpoint '${name}' does not exist`);
    call.site.notify(call.local.name, {
      type: 'test',
      severity: 'info',
      timestamp: call.site.seconds(),
      fields: {},
      title: 'Test notification ',
      body: `This is a test of the notification target '${name}'.\n`,
    });
    return null;
  },
};

function storageConfig(s: import('../world/pve-model.ts').LabStorage): Record<string, unknown> {
  return {
    storage: s.id,
    type: s.type,
    content: s.content,
    digest: 'f8736662d2d1424e20a9410cd89ad089d047112f',
    ...(s.path === undefined ? {} : { path: s.path }),
    ...(s.prune === undefined ? {} : { 'prune-backups': s.prune }),
    ...(s.nodes === undefined ? {} : { nodes: s.nodes.join(',') }),
    ...(s.shared && s.type === 'dir' ? { shared: 1 } : {}),
    ...(s.disabled ? { disable: 1 } : {}),
    ...s.config,
  };
}
