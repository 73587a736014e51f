import type { Entity, Fact, GuestRef, Incident } from '@proxmox-mcp/schemas';
import { listOf } from './activity.ts';
import type { Patch } from './change.ts';
import type { Memo } from './memo.ts';

/** The same as a change of an incident that is there: what it is no longer about goes. */
export function entityChange(fact: Fact, memo: Memo, before: Incident): Patch {
  return { guest: undefined, ...entityOf(fact, memo, before) };
}

/** What an incident is about: node and storage of the newest report, the guest where a single one waits. */
export function entityOf(fact: Fact, memo: Memo, before?: Incident): Entity {
  const cluster = fact.cluster ?? before?.cluster;
  const node = fact.node ?? before?.node;
  const storage = fact.storage ?? before?.storage;
  const [only, second] = Object.keys(memo.failed).map(Number);
  const told = fact.guest ?? (only === undefined || second !== undefined ? undefined : guestIn(fact, only));
  const guest = second === undefined ? betterKnown(before?.guest, told) : undefined;
  return {
    ...(cluster === undefined ? {} : { cluster }),
    ...(node === undefined ? {} : { node }),
    ...(storage === undefined ? {} : { storage }),
    ...(guest === undefined ? {} : { guest }),
  };
}

function betterKnown(before: GuestRef | undefined, told: GuestRef | undefined): GuestRef | undefined {
  if (told === undefined || before === undefined || before.vmid !== told.vmid) return told ?? before;
  return { ...before, ...told, kind: told.kind === 'unknown' ? before.kind : told.kind };
}

function guestIn(fact: Fact, vmid: number): GuestRef | undefined {
  const row = listOf(fact.facts['guests']).find((guest) => guest.vmid === vmid);
  if (row === undefined) return undefined;
  const { name, kind } = row;
  return {
    kind: kind === 'qemu' || kind === 'lxc' ? kind : 'unknown',
    vmid,
    ...(typeof name === 'string' ? { name } : {}),
  };
}
