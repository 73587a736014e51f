import type { GuestState, Incident } from '@proxmox-mcp/schemas';
import type { Picture } from '../rules/rule.ts';

/** Names told; the rest are counted. */
const NAMED = 20;

/** A node that goes down on purpose stops its guests first: they cannot be used either. */
const STOPPED_WITH_MS = 10 * 60_000;

/** Guests that cannot be used while the incident lasts: those last seen running on a node that is offline, or on any that is. */
export function affectedBy(
  { condition, cluster, node }: Pick<Incident, 'condition' | 'cluster' | 'node'>,
  picture: Picture,
  now: number,
): Incident['affected'] {
  const gone = goneNodes();
  if (gone === undefined) return undefined;
  const guests = [...picture.of('guest', cluster)].filter(
    (guest) => gone.has(guest.node) && !guest.template && ranThere(guest, now),
  );
  const names = guests
    .sort((a, b) => a.vmid - b.vmid)
    .slice(0, NAMED)
    .map(({ vmid, name }) => (name === undefined ? String(vmid) : `${vmid} (${name.slice(0, 64)})`));
  return { guests: guests.length, names };

  function goneNodes(): ReadonlySet<string> | undefined {
    if (condition === 'node.state.offline') return node === undefined ? undefined : new Set([node]);
    if (condition !== 'cluster.quorum.lost' || cluster === undefined) return undefined;
    const offline = [...picture.of('node', cluster)].filter(({ status }) => status !== 'online');
    return new Set(offline.map((one) => one.node));
  }
}

function ranThere({ status, ranUntil, since }: GuestState, now: number): boolean {
  if (status === 'running') return true;
  if (ranUntil === undefined) return false;
  return status === 'unknown' || now - Date.parse(since) < STOPPED_WITH_MS;
}
