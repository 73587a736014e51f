import type { GuestRef } from '@proxmox-mcp/schemas';
import { NOISE, type LineReader } from '../syslog-line.ts';

const OOM = /^(\S{1,255}): A process of this unit has been killed by the OOM killer/;
const FAILED = /^(\S{1,255}\.(?:service|mount|socket|timer|path|swap)): Failed with result '([a-z-]{1,40})'/;

/** systemd: units that failed, and guests killed for memory. */
export const readSystemdLine: LineReader = ({ message }) => {
  const oom = OOM.exec(message);
  if (oom?.[1] !== undefined) {
    const guest = guestOfUnit(oom[1]);
    if (guest === undefined) return NOISE;
    const type = guest.kind === 'qemu' ? 'guest.oom.killed' : 'guest.oom.process_killed';
    return { type, guest, facts: { unit: oom[1] } };
  }
  const failed = FAILED.exec(message);
  if (failed?.[1] === undefined) return NOISE;
  const guest = guestOfUnit(failed[1]);
  return {
    type: 'node.service.failed',
    ...(guest === undefined ? {} : { guest }),
    facts: { unit: failed[1], result: failed[2] },
  };
};

/** qmeventd cleans up after a VM whose process ended by itself: a crash or a power-off from inside, without any task. */
export const readQmeventdLine: LineReader = ({ message }) => {
  const vmid = /^Finished cleanup for ([1-9]\d{0,8})$/.exec(message)?.[1];
  if (vmid === undefined) return NOISE;
  return { type: 'guest.process.exited', guest: { kind: 'qemu', vmid: Number(vmid) }, facts: {} };
};

function guestOfUnit(unit: string): GuestRef | undefined {
  const vm = /^([1-9]\d{0,8})\.scope$/.exec(unit)?.[1];
  if (vm !== undefined) return { kind: 'qemu', vmid: Number(vm) };
  const container = /^pve-container@([1-9]\d{0,8})\.service$/.exec(unit)?.[1];
  return container === undefined ? undefined : { kind: 'lxc', vmid: Number(container) };
}
