import { hash } from 'node:crypto';
import type { Event } from '@proxmox-mcp/schemas';
import { DAY, placeOf, type ChainKey } from './key.ts';

/** Packages a node could update: told every day, and one fact for as long as they are the same. */
export const updates: ChainKey = {
  kind: 'chain',
  name: 'updates',
  types: ['node.updates.available'],
  linkOf(event) {
    if (event.node === undefined) return undefined;
    return { place: placeOf(event.cluster, event.node), tag: setOf(event), silenceMs: 40 * DAY };
  },
};

function setOf({ facts }: Event): string {
  const packages = Array.isArray(facts['packages']) ? facts['packages'] : [];
  const names = packages.map((item: { name?: unknown; available?: unknown }) =>
    JSON.stringify([item?.name, item?.available]),
  );
  return hash('sha256', names.sort().join('\n'), 'base64url').slice(0, 16);
}
