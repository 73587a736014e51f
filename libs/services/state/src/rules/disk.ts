import type { Fact } from '@proxmox-mcp/schemas';
import { textIn } from '../facts/keys/key.ts';
import { objectPath } from './of-fact.ts';

/** A disk as people and incidents know it. */
export interface Disk {
  /** `/dev/sdb`. */
  readonly name: string;
  /** Model and serial number, where they are told. */
  readonly identity: string | undefined;
  /** The device on its node: the kernel's line, smartd's line and the list of disks all have it, the serial number not all. */
  readonly object: string;
}

/** The disk that a fact is about; `undefined` where it does not say which. */
export function diskOf(fact: Fact): Disk | undefined {
  const device = textIn(fact, 'device');
  if (device === undefined || fact.node === undefined) return undefined;
  const name = device.startsWith('/dev/') ? device : `/dev/${device}`;
  const known = [textIn(fact, 'model'), textIn(fact, 'serial')].filter((part) => part !== undefined);
  return {
    name,
    identity: known.length === 0 ? undefined : known.join(' '),
    object: objectPath('disk', fact.node, name.slice('/dev/'.length)),
  };
}
