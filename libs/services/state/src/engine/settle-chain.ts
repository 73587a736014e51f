import type { Event } from '@proxmox-mcp/schemas';
import { ownFactId, ownerOf } from '../facts/identity.ts';
import { timeOf } from '../facts/keys/key.ts';
import type { EventStore } from '../history/events.ts';
import type { PlaceStore } from '../history/places.ts';
import { namedAfter, type Move } from './moves.ts';

/** Facts with more reports than this keep their name, whatever arrives late: naming them anew takes longer the longer they are. */
const MAX_RENAMED = 1_000;

/** A report's link in its chain. */
export interface Link {
  readonly place: string;
  readonly tag: string;
  readonly silenceMs: number;
}

/**
 * Puts a new report between its neighbours in the chain: it continues the one before, or the one after, or joins both, or stands
 * between two of another tag and parts them. Looks at two neighbours only, however long the chain.
 */
export function settleInChain(
  event: Event,
  fact: string,
  link: Link,
  stores: { events: EventStore; places: PlaceStore },
): Move[] {
  const { events, places } = stores;
  const here = { at: timeOf(event), item: event.id, tag: link.tag };
  const { before, after } = places.neighbours(link.place, here);
  places.put(link.place, here);
  const isLinked = (other: typeof before) =>
    other !== undefined && other.tag === link.tag && Math.abs(other.at - here.at) <= link.silenceMs;
  const joined = [before, after].filter((other) => other !== undefined).filter(isLinked);
  if (joined.length === 0) {
    const isParted = before !== undefined && after !== undefined && before.fact === after.fact;
    return isParted ? part(before.fact, here) : [];
  }
  const [first = fact, second = first] = joined.map((other) => other.fact);
  const moves = second === first ? [] : [merge(second, first)];
  events.rehome(event.id, first);
  return [...moves, { from: fact, to: first, count: 1 }, ...renamed(first, [event])].filter(
    ({ from, to }) => from !== to,
  );

  function merge(from: string, to: string): Move {
    return { from, to, count: events.rehomeAll(from, to) };
  }

  /** Names the fact after the report that we received first, should that be another one than before. */
  function renamed(id: string, newcomers: readonly Event[]): Move[] {
    const owners = [id, second].map(ownerOf).filter((owner) => owner !== undefined);
    const known = [...new Set(owners)].flatMap((owner) => {
      const receivedAt = events.receivedAt(owner);
      return receivedAt === undefined ? [] : [{ id: owner, receivedAt }];
    });
    const name = namedAfter([
      ...known,
      ...newcomers.map((newcomer) => ({ id: newcomer.id, receivedAt: Date.parse(newcomer.receivedAt) })),
    ]);
    if (name === id || events.countUpTo(id, MAX_RENAMED) >= MAX_RENAMED) return [];
    return [merge(id, name)];
  }

  /** What comes after the report is a fact of its own; each half is named after its own first report. */
  function part(id: string, at: { readonly at: number; readonly item: string }): Move[] {
    const from = { at: at.at, id: at.item };
    const later = events.firstReceived(id, from);
    if (later === undefined) return [];
    const owner = ownerOf(id);
    // A half of its own name may go to where nothing is yet: first away from the old name, then to the new ones.
    const aside = `parting/${id}`;
    const count = events.rehomeAll(id, aside, from);
    const earlier = events.firstReceived(id);
    const moves: Move[] = [];
    if (earlier !== undefined && earlier !== owner) moves.push(merge(id, ownFactId(earlier)));
    events.rehomeAll(aside, ownFactId(later));
    if (later !== owner) moves.push({ from: id, to: ownFactId(later), count });
    return moves;
  }
}
