import { zpoolState, zpoolTree, type LabMachine } from '../world/machine.ts';
import { ApiError } from './api-error.ts';
import type { Call, Routes } from './call.ts';

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

const machineOf = (call: Call): LabMachine => call.node().machine;

const serviceRow = (machine: LabMachine, [name, desc]: readonly [string, string]) => {
  const isFailed = machine.failedServices.has(name);
  return {
    name,
    service: name,
    desc,
    state: isFailed ? 'failed' : 'running',
    'active-state': isFailed ? 'failed' : 'active',
    'unit-state': 'enabled',
  };
};

const disks = (call: Call) =>
  machineOf(call).drives.map((drive, i) => ({
    devpath: `/dev/${drive.name}`,
    model: drive.model,
    serial: drive.serial,
    vendor: drive.vendor,
    wwn: drive.wwn,
    size: drive.sizeBytes,
    type: drive.kind,
    used: i === 0 ? 'LVM' : 'ext4',
    health: drive.health,
    wearout: drive.lifeLeft ?? 'N/A',
    rpm: drive.rpm,
    gpt: 1,
    mounted: i,
    osdid: -1,
    'osdid-list': null,
  }));

function zpools(call: Call) {
  const pools = machineOf(call).zpools;
  if (pools === undefined) throw new ApiError(500, 'zfsutils-linux not installed');
  return pools;
}

function certificates(call: Call) {
  const node = call.node();
  const { startsAt, endsAt } = node.machine.certificate;
  return [
    {
      filename: 'pve-ssl.pem',
      pem: node.pem,
      fingerprint: node.fingerprint,
      issuer: `/OU=PVE Cluster Node/O=Proxmox Virtual Environment/CN=${node.fqdn}`,
      subject: `/OU=PVE Cluster Node/O=Proxmox Virtual Environment/CN=${node.fqdn}`,
      notbefore: startsAt,
      notafter: endsAt,
      'public-key-bits': 256,
      'public-key-type': 'id-ecPublicKey',
      san: ['127.0.0.1', 'localhost', node.fqdn],
    },
  ];
}

function subscription(call: Call) {
  const { status, dueDate } = machineOf(call).subscription;
  return {
    status,
    ...(status === 'notfound' ? { message: 'There is no subscription key' } : {}),
    ...(dueDate === undefined ? {} : { nextduedate: dueDate }),
    serverid: '0A1B2C3D4E5F60718293A4B5C6D7E8F9',
    url: 'https://www.proxmox.com/en/proxmox-virtual-environment/pricing',
  };
}

/** A node as a machine: services, disks, pools, certificate, packages, subscription. */
export const machineRoutes: Routes = {
  'GET /nodes/{node}/services': (call) => SERVICES.map((service) => serviceRow(machineOf(call), service)),
  'GET /nodes/{node}/services/{service}/state': (call) =>
    serviceRow(
      machineOf(call),
      SERVICES.find(([s]) => s === call.text('service')) ?? [call.text('service') ?? '', ''],
    ),
  'GET /nodes/{node}/subscription': subscription,
  'GET /nodes/{node}/certificates/info': certificates,
  'GET /nodes/{node}/apt/update': (call) =>
    machineOf(call).updates.map(({ name, installed, available }) => ({
      Package: name,
      Title: `Package ${name}`,
      ...(installed === undefined ? {} : { OldVersion: installed }),
      Version: available,
      Origin: 'Proxmox',
      Arch: 'all',
      Section: 'admin',
      Priority: 'optional',
      Description: `This package contains ${name}.`,
    })),
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
  'GET /nodes/{node}/disks/smart': (call) => {
    const drive = machineOf(call).drives.find(({ name }) => `/dev/${name}` === call.text('disk'));
    return drive === undefined ? { health: 'UNKNOWN' } : { health: drive.health, type: 'text', text: '' };
  },
  'GET /nodes/{node}/disks/zfs': (call) =>
    zpools(call).map((pool) => ({
      name: pool.name,
      size: pool.sizeBytes,
      alloc: pool.allocBytes,
      free: pool.sizeBytes - pool.allocBytes,
      frag: 11,
      dedup: 1,
      health: zpoolState(pool),
    })),
  'GET /nodes/{node}/disks/zfs/{name}': (call) => {
    const pool = zpools(call).find(({ name }) => name === call.text('name'));
    if (pool === undefined) throw new ApiError(500, `cannot open '${call.text('name') ?? ''}': no such pool`);
    return zpoolTree(pool);
  },
};
