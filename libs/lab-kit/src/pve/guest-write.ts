import { createGuest } from '../world/guest-tasks.ts';
import { migrateGuest } from '../world/guest-migrate.ts';
import type { LabGuest } from '../world/pve-model.ts';
import { ApiError, parameterError } from './api-error.ts';
import type { Call, Handler } from './call.ts';
import { guestConfig } from './views.ts';
/** Part of a guest's path, and of its tasks' names. */
export type Kind = 'qemu' | 'lxc';

/** What messages call a guest. */
export const label = (kind: Kind) => (kind === 'qemu' ? 'VM' : 'CT');

/** The caller as the one who starts a task. */
export const by = (call: Call) => ({ user: call.authid });

/** Writes config keys given in the call into the guest. */
export function applyConfig(call: Call, guest: LabGuest): void {
  const digest = call.text('digest');
  if (digest !== undefined && digest !== guestConfig(guest)['digest']) {
    throw new ApiError(500, 'checksum mismatch (file change by other user?)');
  }
  for (const name of call.names()) {
    const value = call.text(name) ?? '';
    if (
      ['node', 'vmid', 'digest', 'delete', 'skiplock', 'force', 'background_delay', 'revert'].includes(name)
    )
      continue;
    if (name === 'name' || name === 'hostname') guest.name = value;
    else if (name === 'cores') guest.cores = Number(value);
    else if (name === 'memory') guest.memBytes = Number(value) * 1024 ** 2;
    else if (name === 'tags')
      guest.tags = value
        .split(/[;, ]+/)
        .filter((t) => t !== '')
        .sort();
    else if (name === 'agent') guest.agent = value.startsWith('1') || value.includes('enabled=1');
    else guest.config[name] = /^\d{1,9}$/.test(value) ? Number(value) : value;
  }
  for (const name of call.list('delete')) delete guest.config[name];
}

/** @throws {ApiError} 500, as without quorum /etc/pve cannot be written to. */
export function requireConfigurable(call: Call): void {
  if (!call.site.isQuorate()) {
    const g = call.text('vmid') ?? '';
    throw new ApiError(
      500,
      `unable to open file '/etc/pve/nodes/${call.node().name}/qemu-server/${g}.conf.tmp.547' - Permission denied`,
    );
  }
}

/** POST …/migrate. */
export function migrate(kind: Kind): Handler {
  return (call) => {
    const guest = call.guest(kind);
    const target = call.text('target') ?? '';
    call.requireQuorum();
    if (!call.site.nodes.has(target)) throw new ApiError(500, `no such cluster node '${target}'`);
    if (target === guest.node) throw parameterError({ target: 'target is local node.' });
    if (!call.site.isOnline(target)) throw new ApiError(500, `target node '${target}' is offline`);
    const running = guest.status === 'running';
    if (kind === 'qemu' && running && !call.flag('online')) {
      throw parameterError({ online: "can't migrate running VM without --online" });
    }
    const hasLocal = guest.disks.some(
      (d) => call.site.storages.get(d.volid.split(':')[0] ?? '')?.shared !== true,
    );
    const refuse = kind === 'qemu' && running && hasLocal && !call.flag('with-local-disks');
    const failWith = refuse
      ? "Problem found while scanning volumes - can't migrate VM - check log"
      : undefined;
    return migrateGuest(call.site, guest.vmid, by(call), {
      target,
      ...(failWith === undefined ? {} : { failWith }),
    }).upid;
  };
}

/** POST /nodes/{node}/qemu and /lxc. */
export function create(kind: Kind): Handler {
  return (call) => {
    const vmid = Number(call.text('vmid'));
    const node = call.node().name;
    call.require(`/vms/${vmid}`, 'VM.Allocate');
    const there = call.site.guests.get(vmid);
    if (there !== undefined) {
      throw new ApiError(
        500,
        `unable to create ${label(kind)} ${vmid} - VM ${vmid} already exists on node '${there.node}'`,
      );
    }
    call.requireQuorum();
    const guest: LabGuest = {
      vmid,
      kind,
      name: call.text('name') ?? call.text('hostname') ?? `${label(kind)} ${vmid}`,
      node,
      status: 'stopped',
      paused: false,
      cores: call.int('cores') ?? 1,
      memBytes: Number(call.text('memory') ?? 512) * 1024 ** 2,
      disks: [],
      usedBytes: 0,
      tags: [],
      template: false,
      agent: false,
      snapshots: [],
      config: {},
    };
    applyConfig(call, guest);
    return createGuest(call.site, guest, by(call)).upid;
  };
}
