import type { Fact } from '@proxmox-mcp/schemas';
import { numberIn, textIn } from '../facts/keys/key.ts';
import { objectPath } from './of-fact.ts';

/** A ZFS pool and how it is, as far as a fact tells. */
export interface Pool {
  readonly name: string;
  /** `pool/pve1/tank`. */
  readonly object: string;
  /** `ONLINE`, `DEGRADED`, `SUSPENDED`; polls tell it, and the mails about a scrub. */
  readonly state: string | undefined;
}

/** The pool that a fact is about. */
export function poolOf(fact: Fact): Pool | undefined {
  const name = textIn(fact, 'pool');
  if (name === undefined || fact.node === undefined) return undefined;
  return { name, object: objectPath('pool', fact.node, name), state: textIn(fact, 'pool_state') };
}

/** Whether a scrub or resilver has found the pool whole and without errors. */
export function isCleanScrub(fact: Fact): boolean {
  return (
    fact.type === 'zfs.scrub.finished' &&
    textIn(fact, 'pool_state') === 'ONLINE' &&
    numberIn(fact, 'errors') === 0
  );
}
