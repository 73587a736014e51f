import type { Fact } from '@proxmox-mcp/schemas';
import type { Detail, Recovery, Trouble } from '../incidents/trouble.ts';

/** What every trouble that a fact tells of takes from it: whose it is, since when, until when, and which fact tells. */
export function troubleIn(
  fact: Fact,
): Pick<Trouble, 'product' | 'cluster' | 'node' | 'guest' | 'storage' | 'at' | 'lastAt' | 'ref'> {
  const { cluster, node, guest, storage } = fact;
  return {
    product: fact.product,
    ...(cluster === undefined ? {} : { cluster }),
    ...(node === undefined ? {} : { node }),
    ...(guest === undefined ? {} : { guest }),
    ...(storage === undefined ? {} : { storage }),
    at: fact.startedAt,
    lastAt: fact.endedAt ?? fact.startedAt,
    ref: fact.id,
  };
}

/** The same of an end; its line is the fact's own. */
export function recoveryIn(fact: Fact): Pick<Recovery, 'cluster' | 'title' | 'at' | 'ref'> {
  const { cluster, title, startedAt: at, id: ref } = fact;
  return { ...(cluster === undefined ? {} : { cluster }), title, at, ref };
}

/** The same of a detail. */
export function detailIn(fact: Fact): Pick<Detail, 'cluster' | 'title' | 'at' | 'ref'> {
  return { ...recoveryIn(fact), ref: fact.id };
}

/** ` on pve1`, where the node is known. */
export function on({ node }: Pick<Fact, 'node'>): string {
  return node === undefined ? '' : ` on ${node}`;
}

/** Whose an object is: the node's, or that of the cluster. Names in keys are cut: they come from outside. */
export function objectPath(...parts: readonly (string | undefined)[]): string {
  return parts
    .filter((part) => part !== undefined)
    .map((part) => part.slice(0, 150))
    .join('/');
}
