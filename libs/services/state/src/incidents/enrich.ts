import type { Fact, GuestRef } from '@proxmox-mcp/schemas';
import { listOf } from './activity.ts';

/** What the live picture knows of a guest; `undefined` where polling never saw it. */
export type GuestOf = (cluster: string | undefined, vmid: number) => GuestRef | undefined;

/**
 * Adds to a fact what others know of its objects, so that the very first message about it is complete: where the job of a guest's
 * part writes to, and what its guests are called. What the fact says itself stands.
 *
 * @param parent the job that the fact is a part of.
 */
export function enrich(fact: Fact, parent: Fact | undefined, guestOf: GuestOf): Fact {
  const storage = fact.storage ?? parent?.storage;
  const siblings = listOf(parent?.facts['guests']);
  const complete = (told: GuestRef): GuestRef => {
    const polled = guestOf(fact.cluster, told.vmid);
    const name = [told.name, polled?.name, siblings.find(({ vmid }) => vmid === told.vmid)?.name].find(
      (text) => text !== undefined && text !== '',
    );
    const kind = told.kind === 'unknown' ? (polled?.kind ?? told.kind) : told.kind;
    return { kind, vmid: told.vmid, ...(name === undefined ? {} : { name }) };
  };
  const { guest } = fact;
  const rows = listOf(fact.facts['guests']).map((row) => {
    const kind = row.kind === 'qemu' || row.kind === 'lxc' ? row.kind : ('unknown' as const);
    const told = complete({ kind, vmid: row.vmid, ...(row.name === undefined ? {} : { name: row.name }) });
    return told.kind === 'unknown' ? { ...row, ...told, kind: row.kind } : { ...row, ...told };
  });
  return {
    ...fact,
    ...(storage === undefined ? {} : { storage }),
    ...(guest === undefined ? {} : { guest: complete(guest) }),
    ...(rows.length === 0 ? {} : { facts: { ...fact.facts, guests: rows } }),
  };
}
