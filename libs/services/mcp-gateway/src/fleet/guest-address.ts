import type { GuestState } from '@proxmox-mcp/schemas';
import { ToolError } from '../tools/tool-error.ts';
import type { Mirror } from './mirror.ts';

const MAX_CANDIDATES = 10;

/**
 * Finds the guest meant by `105`, `name`, `prod/105` or `prod/name`; node and kind are never asked of the caller.
 *
 * @param cluster narrows the search, where the caller named one besides.
 * @throws {ToolError} `not_found`, or `ambiguous` with the candidates as addresses that are unique.
 */
export function findGuest(mirror: Mirror, address: string, cluster?: string): GuestState {
  const slash = address.indexOf('/');
  const inCluster = slash > 0 ? address.slice(0, slash) : cluster;
  const wanted = (slash > 0 ? address.slice(slash + 1) : address).trim();
  const found = mirror
    .rows('guests')
    .filter((guest) => (inCluster === undefined || guest.cluster === inCluster) && isCalled(guest, wanted));
  const [first] = found;
  if (first === undefined) {
    throw new ToolError('not_found', `no guest "${address.slice(0, 100)}" in the live picture`, {
      hint: 'inventory_search lists guests; an address is "105", "name" or "cluster/105"',
    });
  }
  if (found.length === 1) return first;
  throw new ToolError('ambiguous', `${found.length} guests answer to "${address.slice(0, 100)}"`, {
    hint: 'use one of the candidates',
    candidates: found
      .map((guest) => `${guest.cluster}/${guest.vmid}`)
      .sort()
      .slice(0, MAX_CANDIDATES),
  });
}

function isCalled(guest: GuestState, wanted: string): boolean {
  return /^\d{1,10}$/.test(wanted)
    ? guest.vmid === Number(wanted)
    : guest.name?.toLowerCase() === wanted.toLowerCase();
}
