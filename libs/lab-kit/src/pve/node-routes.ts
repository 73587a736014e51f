import { noise } from '../world/random.ts';
import { ApiError } from './api-error.ts';
import type { Call, Routes } from './call.ts';
import { nodeLoad, nodeResource } from './views.ts';

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

/** One node: status, services, network, disks, updates. */
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
  'GET /nodes/{node}/rrddata': rrd,
};
