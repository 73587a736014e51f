import { ownerOf } from '../facts/identity.ts';
import type { ClusterKey, Group, Spot, Task } from '../facts/keys/key.ts';
import type { EventStore, Kept } from '../history/events.ts';
import type { PlaceStore } from '../history/places.ts';
import { moveOne, namedAfter, type Move } from './moves.ts';

/** Looked at to each side of a report. A place that has more is one that somebody floods: then what is near decides. */
const MAX_NEAR = 64;

/** Tag of tasks in a place; reports have another. */
export const TASK = 'task';

export interface ClusterParts {
  readonly events: EventStore;
  readonly places: PlaceStore;
  readonly taskOf: (upid: string) => Task | undefined;
  /** There was more near than is looked at. */
  readonly onCut: (key: string) => void;
}

/** Asks the key who belongs to whom around a spot, and moves whoever is elsewhere now. */
export function settleCluster(key: ClusterKey, { place, at }: Spot, parts: ClusterParts): Move[] {
  const { events, places, taskOf, onCut } = parts;
  const { items, isCut } = places.around(place, at, { reachMs: key.reachMs, limit: MAX_NEAR });
  if (items.every(({ tag }) => tag === TASK)) return [];
  if (isCut) onCut(key.name);
  const kept = items.flatMap(({ item, tag }) => (tag === TASK ? [] : (events.get(item) ?? [])));
  const tasks = items.flatMap(({ item, tag }) => (tag === TASK ? (taskOf(item) ?? []) : []));
  const factOf = new Map(kept.map(({ event, fact }) => [event.id, fact]));
  const groups = key.partition({ events: kept.map(({ event }) => event), tasks });
  return withLoners(groups, kept).flatMap((group) => {
    const home = group.upid ?? nameOf(group);
    return group.events.flatMap(({ id }) => moveOne(events, id, factOf.get(id) ?? home, home));
  });

  function nameOf(group: Group): string {
    // Where not everybody was looked at a fact keeps its name and its reports: what speaks for them may be out of sight.
    const settled = isCut ? group.events.map(({ id }) => [id, factOf.get(id)] as const) : [];
    const inCompany = settled.find(
      ([id, fact]) => fact !== undefined && ![undefined, id].includes(ownerOf(fact)),
    );
    return (
      inCompany?.[1] ??
      namedAfter(group.events.map(({ id, receivedAt }) => ({ id, receivedAt: Date.parse(receivedAt) })))
    );
  }
}

/** The groups, and a group for each report that is in none. */
function withLoners(groups: readonly Group[], kept: readonly Kept[]): readonly Group[] {
  const grouped = new Set(groups.flatMap(({ events }) => events.map(({ id }) => id)));
  return [...groups, ...kept.flatMap(({ event }) => (grouped.has(event.id) ? [] : [{ events: [event] }]))];
}
