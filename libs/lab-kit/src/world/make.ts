import { type PveSite } from './pve-site.ts';
import type { LabDisk, LabGuest, LabNode, LabStorage } from './pve-model.ts';
import { makeMachine } from './machine.ts';
import { createRandom } from './random.ts';
import { DAY, GIB } from './sizes.ts';

/** A node as if it had booted `upDays` ago. */
export function makeNode(
  site: PveSite,
  options: {
    name: string;
    nodeid: number;
    ip: string;
    upDays: number;
    cores?: number;
    memGib?: number;
    zfs?: boolean;
  },
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
    machine: makeMachine(options.name, {
      nowSeconds: site.seconds(),
      ...(options.zfs === false ? {} : { zpool: 'rpool' }),
    }),
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
