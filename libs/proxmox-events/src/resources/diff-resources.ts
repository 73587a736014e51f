import type { EventDraft } from '@proxmox-mcp/schemas';
import { diffGuest, guestAppeared, guestDisappeared } from './diff-guest.ts';
import { diffNode } from './diff-node.ts';
import { diffStorages } from './diff-storages.ts';
import type { GuestMemory, ResourceSnapshot } from './snapshot.ts';

/** What two answers of cluster/resources tell together. */
export interface ResourceDiff {
  readonly events: readonly EventDraft[];
  /** What to compare the next answer with. */
  readonly next: ResourceSnapshot;
  /**
   * The answer lost its nodes or most of its guests at once: rights or pmxcfs, not a mass removal. Nothing was concluded from
   * it and `next` is what it was.
   */
  readonly shrunken: boolean;
}

/** So many guests may go at once before it counts as the answer's fault. */
const FEW = 3;

/** Compares two answers (PROXMOX §G.4). */
export function diffResources(before: ResourceSnapshot, after: ResourceSnapshot): ResourceDiff {
  if (isShrunken(before, after)) return { events: [], next: before, shrunken: true };
  const events: EventDraft[] = [];
  const offline = new Set<string>();
  for (const [node, now] of Object.entries(after.nodes)) {
    if (now.status === 'offline') offline.add(node);
    const was = Object.hasOwn(before.nodes, node) ? before.nodes[node] : undefined;
    if (was) events.push(...diffNode(node, was, now));
  }
  const guests: Record<string, GuestMemory> = {};
  for (const [vmid, now] of Object.entries(after.guests)) {
    const was = before.guests[vmid];
    const same = was?.kind === now.kind ? was : undefined;
    if (was && !same) events.push(guestDisappeared(Number(vmid), was));
    if (!same) {
      events.push(guestAppeared(Number(vmid), now));
      guests[vmid] = now.status === 'unknown' && now.name === undefined ? { ...now, fresh: true } : now;
      continue;
    }
    const { events: found, next } = diffGuest(Number(vmid), same, now, offline.has(now.node));
    events.push(...found);
    guests[vmid] = next;
  }
  const storages = diffStorages(before.storages, after.storages);
  events.push(...storages.events);
  for (const [vmid, was] of Object.entries(before.guests)) {
    if (after.guests[vmid]) continue;
    // The rows of a dead node's guests may come and go with the broadcasts: that is no removal.
    if (offline.has(was.node)) guests[vmid] = was;
    else events.push(guestDisappeared(Number(vmid), was));
  }
  return { events, next: { nodes: after.nodes, guests, storages: storages.next }, shrunken: false };
}

function isShrunken(before: ResourceSnapshot, after: ResourceSnapshot): boolean {
  if (Object.keys(before.nodes).length > 0 && Object.keys(after.nodes).length === 0) return true;
  const known = Object.entries(before.guests);
  const gone = known.filter(
    ([vmid, { node }]) => !after.guests[vmid] && after.nodes[node]?.status !== 'offline',
  ).length;
  if (gone > FEW && gone * 2 > known.length) return true;
  // A small host has few to lose. Its only guest may be deleted; not together with the sight of every storage.
  const isBlind = Object.keys(before.storages).length > 0 && Object.keys(after.storages).length === 0;
  return gone > 0 && gone === known.length && (gone > 1 || isBlind);
}
