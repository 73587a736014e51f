import { zpoolState, zpoolTree } from '../world/machine.ts';
import type { PbsHandler } from './call.ts';

const SERVICES = ['proxmox-backup', 'proxmox-backup-proxy', 'chrony', 'postfix', 'ssh'];

/** GET /nodes/{node}/services: PBS tells the sub state only. */
export const services: PbsHandler = (call) => {
  call.require('/system/services', 'Sys.Audit');
  const { failedServices } = call.site.machine;
  return {
    data: SERVICES.map((name) => ({
      service: name,
      name,
      desc: name,
      state: failedServices.has(name) ? 'failed' : 'running',
      'unit-state': 'enabled',
    })),
  };
};

/** GET /nodes/{node}/certificates/info: PBS wants the right to change them. */
export const certificates: PbsHandler = (call) => {
  call.require('/system/certificates', 'Sys.Modify');
  const { fqdn, fingerprint, machine } = call.site;
  return {
    data: [
      {
        filename: 'proxy.pem',
        fingerprint,
        subject: `CN = ${fqdn}`,
        issuer: `CN = ${fqdn}`,
        notbefore: machine.certificate.startsAt,
        notafter: machine.certificate.endsAt,
        san: [fqdn, 'localhost', '127.0.0.1'],
        'public-key-type': 'id-ecPublicKey',
        'public-key-bits': 256,
      },
    ],
  };
};

/** GET /nodes/{node}/subscription. */
export const subscription: PbsHandler = (call) => {
  const { status, dueDate } = call.site.machine.subscription;
  return {
    data: {
      status,
      ...(status === 'notfound' ? { message: 'There is no subscription key' } : {}),
      ...(dueDate === undefined ? {} : { nextduedate: dueDate }),
      url: 'https://www.proxmox.com/en/proxmox-backup-server/pricing',
    },
  };
};

/** GET /nodes/{node}/apt/update. */
export const updates: PbsHandler = (call) => {
  call.require('/', 'Sys.Audit');
  return {
    data: call.site.machine.updates.map(({ name, installed, available }) => ({
      Package: name,
      Title: `Package ${name}`,
      ...(installed === undefined ? {} : { OldVersion: installed }),
      Version: available,
      Origin: 'Proxmox',
      Arch: 'amd64',
      Section: 'admin',
      Priority: 'optional',
      Description: `This package contains ${name}.`,
    })),
  };
};

/** GET /nodes/{node}/disks/list: PBS has words of its own for most of it. */
export const disks: PbsHandler = (call) => {
  call.require('/system/disks', 'Sys.Audit');
  return {
    data: call.site.machine.drives.map((drive) => ({
      name: drive.name,
      devpath: `/dev/${drive.name}`,
      'disk-type': drive.kind === 'hdd' ? 'hdd' : 'ssd',
      model: drive.model,
      serial: drive.serial,
      vendor: drive.vendor,
      wwn: drive.wwn,
      size: drive.sizeBytes,
      rpm: drive.rpm,
      used: 'zfs',
      gpt: true,
      status: drive.health === 'PASSED' ? 'passed' : drive.health.startsWith('FAIL') ? 'failed' : 'unknown',
      ...(drive.lifeLeft === undefined ? {} : { wearout: drive.lifeLeft }),
    })),
  };
};

/** GET /nodes/{node}/disks/zfs. */
export const zpools: PbsHandler = (call) => {
  call.require('/system/disks', 'Sys.Audit');
  return {
    data: (call.site.machine.zpools ?? []).map((pool) => ({
      name: pool.name,
      size: pool.sizeBytes,
      alloc: pool.allocBytes,
      free: pool.sizeBytes - pool.allocBytes,
      frag: 9,
      dedup: 1,
      health: zpoolState(pool),
    })),
  };
};

/** GET /nodes/{node}/disks/zfs/{name}. */
export const zpool: PbsHandler = (call) => {
  call.require('/system/disks', 'Sys.Audit');
  const name = call.path['name'] ?? '';
  const pool = call.site.machine.zpools?.find((one) => one.name === name);
  if (pool === undefined) throw call.fail(400, `cannot open '${name}': no such pool`);
  return { data: zpoolTree(pool) };
};
