import { createHash } from 'node:crypto';
import type { LabGuest, LabNode, LabStorage } from '../world/pve-model.ts';
import { STATUS_EXPIRY_MS, type PveSite } from '../world/pve-site.ts';
import { noise } from '../world/random.ts';

/** pvestatd looks every ten seconds, so figures stand still in between. */
const pass = (site: PveSite) => Math.floor(site.now() / 10_000);

/** A dead node's figures stand still at its last word. */
const lastWord = (site: PveSite, node: string) =>
  Math.floor((site.nodes.get(node)?.diedAt ?? site.now()) / 1000);

const uptimeOf = (site: PveSite, guest: LabGuest) =>
  guest.startedAt === undefined ? 0 : Math.max(1, lastWord(site, guest.node) - guest.startedAt);

/** Load figures of a guest as its node's pvestatd has them. */
export function guestLoad(site: PveSite, guest: LabGuest) {
  const up = guest.status === 'running' ? uptimeOf(site, guest) : 0;
  if (up === 0) {
    return { cpu: 0, mem: 0, memhost: 0, netin: 0, netout: 0, diskread: 0, diskwrite: 0, uptime: 0 };
  }
  const n = noise(`${guest.vmid}:${pass(site)}`);
  const steady = noise(`${guest.vmid}`);
  const mem = Math.round(guest.memBytes * (0.35 + steady * 0.4 + n * 0.05));
  return {
    cpu: Number((0.01 + steady * 0.15 + n * 0.05).toFixed(15)),
    mem,
    memhost: Math.round(mem * 1.04),
    netin: Math.round(up * (2_000 + steady * 90_000)),
    netout: Math.round(up * (1_000 + steady * 40_000)),
    diskread: Math.round(up * (5_000 + steady * 50_000)),
    diskwrite: Math.round(up * (9_000 + steady * 80_000)),
    uptime: up,
  };
}

/** Size of the boot disk in bytes. */
export const diskTotal = (guest: LabGuest) => guest.disks[0]?.sizeBytes ?? 0;

/** Whether what a dead node last told about its guests and storages is still in the status cache. */
export function isFresh(site: PveSite, node: string): boolean {
  const died = site.nodes.get(node)?.diedAt;
  return died === undefined || site.now() < died + STATUS_EXPIRY_MS;
}

/** Its entry in the HA manager, if it has one. */
function haOf(site: PveSite, guest: LabGuest) {
  return site.ha.get(`${guest.kind === 'qemu' ? 'vm' : 'ct'}:${guest.vmid}`);
}

function asItWas(
  { startedAt: _, ...guest }: LabGuest,
  { status, startedAt }: NonNullable<LabGuest['stale']>,
): LabGuest {
  return { ...guest, status, ...(startedAt === undefined ? {} : { startedAt }) };
}

/** A guest's row in /cluster/resources. */
export function guestResource(site: PveSite, guest: LabGuest): Record<string, unknown> {
  const stale = guest.stale !== undefined && guest.stale.until > site.now() ? guest.stale : undefined;
  const node = guest.node;
  const ha = haOf(site, guest);
  const row: Record<string, unknown> = {
    id: `${guest.kind}/${guest.vmid}`,
    type: guest.kind,
    vmid: guest.vmid,
    node,
    status: 'unknown',
    ...(guest.pool === undefined ? {} : { pool: guest.pool }),
    ...(guest.tags.length === 0 ? {} : { tags: guest.tags.join(';') }),
    ...(guest.lock === undefined ? {} : { lock: guest.lock }),
    ...(ha === undefined ? {} : { hastate: ha.state }),
  };
  const unseen = guest.unseenUntil !== undefined && guest.unseenUntil > site.now();
  if (unseen || !isFresh(site, node)) return row;
  // Status and figures are of one broadcast: a guest that still shows as running shows its old uptime.
  const shown = stale === undefined ? guest : asItWas(guest, stale);
  const load = guestLoad(site, shown);
  return {
    ...row,
    ...load,
    status: shown.status,
    name: guest.name,
    template: guest.template ? 1 : 0,
    maxcpu: guest.cores,
    maxmem: guest.memBytes,
    disk: guest.kind === 'lxc' && shown.status === 'running' ? guest.usedBytes : 0,
    maxdisk: diskTotal(guest),
  };
}

/** Load figures of a node. */
export function nodeLoad(site: PveSite, node: LabNode) {
  const n = noise(`${node.name}:${pass(site)}`);
  let used = 0;
  let busy = 0;
  for (const guest of site.guests.values()) {
    if (guest.node !== node.name || guest.status !== 'running') continue;
    const load = guestLoad(site, guest);
    used += load.memhost;
    busy += load.cpu * guest.cores;
  }
  return {
    cpu: Number(Math.min(1, busy / node.maxcpu + 0.01 + n * 0.02).toFixed(15)),
    mem: Math.min(node.maxmem, used + 2 * 1024 ** 3),
    uptime: Math.max(1, site.seconds() - node.bootedAt),
    disk: node.rootUsed,
  };
}

/** A node's row in /cluster/resources and /nodes. `full` is false without Sys.Audit on it. */
export function nodeResource(site: PveSite, node: LabNode, full: boolean): Record<string, unknown> {
  const online = site.isOnline(node.name);
  const row: Record<string, unknown> = {
    id: `node/${node.name}`,
    node: node.name,
    type: 'node',
    status: online ? 'online' : 'offline',
    level: '',
  };
  if (!full) return row;
  if (isFresh(site, node.name)) {
    Object.assign(row, { maxcpu: node.maxcpu, maxmem: node.maxmem, maxdisk: node.rootTotal });
    if (online) Object.assign(row, nodeLoad(site, node));
  }
  return row;
}

/** Nodes a storage is configured for. */
export function nodesOf(site: PveSite, storage: LabStorage): LabNode[] {
  return [...site.nodes.values()].filter(
    (n) => storage.nodes === undefined || storage.nodes.includes(n.name),
  );
}

/** A storage's row in /cluster/resources as one node last told it. */
export function storageResource(site: PveSite, storage: LabStorage, node: LabNode): Record<string, unknown> {
  const row: Record<string, unknown> = {
    id: `storage/${node.name}/${storage.id}`,
    type: 'storage',
    storage: storage.id,
    node: node.name,
    plugintype: storage.type,
    content: storage.content,
    shared: storage.shared ? 1 : 0,
    status: 'unknown',
  };
  const told = storage.online || site.now() < storage.changedAt + STATUS_EXPIRY_MS;
  if (told && isFresh(site, node.name)) {
    Object.assign(row, { status: 'available', disk: storage.usedBytes, maxdisk: storage.totalBytes });
  }
  return row;
}

const pressures = (site: PveSite, guest: LabGuest) => {
  const n = noise(`pressure ${guest.vmid}:${pass(site)}`);
  const value = (x: number) => (guest.kind === 'lxc' ? x.toFixed(2) : Number(x.toFixed(2)));
  return {
    pressurecpusome: value(n * 2),
    pressurecpufull: value(n),
    pressureiosome: value(n / 2),
    pressureiofull: value(n / 3),
    pressurememorysome: value(0),
    pressurememoryfull: value(0),
  };
};

/** A guest's row in /nodes/{n}/qemu and /lxc; with `full` what /status/current adds for a VM. */
export function guestStatus(site: PveSite, guest: LabGuest, full: boolean): Record<string, unknown> {
  const load = guestLoad(site, guest);
  const running = guest.status === 'running';
  const common = {
    vmid: guest.vmid,
    name: guest.name,
    status: guest.status,
    cpus: guest.cores,
    cpu: load.cpu,
    mem: load.mem,
    maxmem: guest.memBytes,
    maxdisk: diskTotal(guest),
    uptime: load.uptime,
    netin: load.netin,
    netout: load.netout,
    ...(guest.tags.length === 0 ? {} : { tags: guest.tags.join(';') }),
    ...(guest.lock === undefined ? {} : { lock: guest.lock }),
    ...(guest.template ? { template: 1 } : {}),
    ...(running ? { pid: guest.pid ?? 1, ...pressures(site, guest) } : {}),
  };
  if (guest.kind === 'lxc') {
    return {
      ...common,
      type: 'lxc',
      disk: running ? guest.usedBytes : 0,
      diskread: load.diskread,
      diskwrite: load.diskwrite,
      swap: 0,
      maxswap: 512 * 1024 ** 2,
    };
  }
  return {
    ...common,
    disk: 0,
    memhost: load.memhost,
    ...(running ? { diskread: load.diskread, diskwrite: load.diskwrite } : {}),
    ...(full ? { qmpstatus: running ? (guest.paused ? 'paused' : 'running') : 'stopped' } : {}),
  };
}

/** /status/current: the row with HA and agent added. */
export function guestCurrent(site: PveSite, guest: LabGuest): Record<string, unknown> {
  const ha = haOf(site, guest);
  return {
    ...guestStatus(site, guest, true),
    ha: ha === undefined ? { managed: 0 } : { managed: 1, state: ha.state },
    ...(guest.agent ? { agent: 1 } : {}),
  };
}

/** SHA-1 over anything: the digest of a config. */
export function digestOf(value: unknown): string {
  return createHash('sha1').update(JSON.stringify(value)).digest('hex');
}

const gib = (bytes: number) => `${Math.round(bytes / 1024 ** 3)}G`;

/** A guest's config as GET /config tells it: a VM's memory is a text, a container's a number. */
export function guestConfig(guest: LabGuest): Record<string, unknown> {
  const disks = Object.fromEntries(guest.disks.map((d) => [d.key, `${d.volid},size=${gib(d.sizeBytes)}`]));
  const config: Record<string, unknown> = {
    ...guest.config,
    ...disks,
    cores: guest.cores,
    ...(guest.tags.length === 0 ? {} : { tags: guest.tags.join(';') }),
    ...(guest.lock === undefined ? {} : { lock: guest.lock }),
    ...(guest.template ? { template: 1 } : {}),
  };
  const mib = Math.round(guest.memBytes / 1024 ** 2);
  if (guest.kind === 'qemu') {
    Object.assign(config, { name: guest.name, memory: String(mib) });
    if (guest.agent) config['agent'] = '1';
  } else Object.assign(config, { hostname: guest.name, memory: mib });
  const parent = guest.snapshots.at(-1)?.name;
  if (parent !== undefined) config['parent'] = parent;
  return { ...config, digest: digestOf(config) };
}
