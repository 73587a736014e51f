import type { LabMachine, LabVdev, LabZpool } from './machine.ts';
import { PRI, type PveSite } from './pve-site.ts';
import type { PbsSite } from './pbs-site.ts';
import type { World } from './world.ts';

/** A machine with the site it belongs to. */
interface Placed {
  readonly machine: LabMachine;
  /** Epoch seconds. */
  readonly now: number;
  readonly log: (tag: string, pri: number, text: string) => void;
}

/** The machine called so: a PVE node, or the PBS. @throws when there is none. */
export function machineOf(world: World, name: string): Placed {
  const { pbs } = world;
  if (name === pbs.name) return placedPbs(pbs);
  const site = world.sites.find((one) => one.nodes.has(name));
  if (site === undefined) throw new Error(`the lab has no machine ${name}`);
  return placedNode(site, name);
}

const placedNode = (site: PveSite, name: string): Placed => ({
  machine: site.node(name).machine,
  now: site.seconds(),
  log: (tag, pri, text) => site.syslog(name, tag, 1, pri, text),
});
const placedPbs = (pbs: PbsSite): Placed => ({
  machine: pbs.machine,
  now: pbs.seconds(),
  log: (tag, pri, text) => pbs.syslog(tag, 1, pri, text),
});

/** A disk says that it is dying, or (with `PASSED`) that it is well. */
export function setDiskHealth({ machine }: Placed, disk: string, health: string): void {
  driveOf(machine, disk).health = health;
}

/** A disk has so many percent of its life left. */
export function wearDisk({ machine }: Placed, disk: string, lifeLeft: number): void {
  driveOf(machine, disk).lifeLeft = lifeLeft;
}

/** The last device of a pool goes into a state: `FAULTED`, `ONLINE`. */
export function setVdev({ machine }: Placed, pool: string, state: string): void {
  vdevOf(zpoolOf(machine, pool)).state = state;
}

/** The last device of a pool returns wrong data. */
export function addChecksumErrors({ machine }: Placed, pool: string, count: number): void {
  vdevOf(zpoolOf(machine, pool)).checksums += count;
}

/** A pool stops for lack of devices, or goes on. */
export function suspendPool({ machine }: Placed, pool: string, isSuspended: boolean): void {
  zpoolOf(machine, pool).isSuspended = isSuspended;
}

/** systemd gives a service up, and says so. */
export function failService({ machine, log }: Placed, service: string): void {
  machine.failedServices.add(service);
  log('systemd', PRI.warning, `${service}.service: Failed with result 'exit-code'.`);
}

/** Somebody starts it again. */
export function restoreService({ machine, log }: Placed, service: string): void {
  if (machine.failedServices.delete(service)) log('systemd', PRI.info, `Started ${service}.service.`);
}

/** The machine's certificate ends so many days from now. */
export function endCertificate({ machine, now }: Placed, days: number): void {
  machine.certificate = { ...machine.certificate, endsAt: now + Math.round(days * 86_400) };
}

/** A new certificate, for two years. */
export function renewCertificate({ machine, now }: Placed): void {
  machine.certificate = { startsAt: now, endsAt: now + 730 * 86_400 };
}

/** Another package can be upgraded. */
export function offerUpdate({ machine }: Placed, name: string, available: string): void {
  machine.updates = [...machine.updates.filter((one) => one.name !== name), { name, available }];
}

function driveOf({ drives }: LabMachine, name: string): LabMachine['drives'][number] {
  const drive = drives.find((one) => one.name === name);
  if (drive === undefined) throw new Error(`the lab's machine has no disk ${name}`);
  return drive;
}

function zpoolOf({ zpools }: LabMachine, name: string): LabZpool {
  const pool = zpools?.find((one) => one.name === name);
  if (pool === undefined) throw new Error(`the lab's machine has no pool ${name}`);
  return pool;
}

function vdevOf({ vdevs, name }: LabZpool): LabVdev {
  const vdev = vdevs.at(-1);
  if (vdev === undefined) throw new Error(`pool ${name} has no devices`);
  return vdev;
}
