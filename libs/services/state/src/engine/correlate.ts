import { isDeepStrictEqual } from 'node:util';
import type { Event, Fact } from '@proxmox-mcp/schemas';
import { assembleFact, type Assembled } from '../facts/assemble-fact.ts';
import { identityOf, ownerOf, parentOf, partsOf } from '../facts/identity.ts';
import { keyOf } from '../facts/keys/keys.ts';
import type { Topology } from '../facts/topology.ts';
import type { EventStore } from '../history/events.ts';
import type { FactStore } from '../history/facts.ts';
import type { PlaceStore } from '../history/places.ts';
import { createHomes } from './homes.ts';
import { createLinkFinder } from './link-facts.ts';
import type { Move } from './moves.ts';

/** What correlating needs; all of it inside the caller's transaction. */
export interface CorrelationParts {
  readonly events: EventStore;
  readonly facts: FactStore;
  readonly places: PlaceStore;
  /** The inventory of this moment. */
  readonly topology: () => Topology;
  /** Told of each new revision of a fact, in the order in which they make sense: what was left behind first. */
  readonly onFact: (change: FactChange) => void;
  /** There was more near a report than is looked at; named by the key. */
  readonly onCut?: (key: string) => void;
}

/** A new revision of a fact. */
export interface FactChange {
  readonly fact: Fact;
  readonly before: Fact | undefined;
  /** Only the links are others than before. */
  readonly isRelinked: boolean;
}

/** Half of the reports shown of a fact that counts its reports. */
const COUNTED_EDGE = 6;

/**
 * Makes the step from events to facts: stores one event and works out anew what it may change. What comes of it is a function of the
 * set of events, whatever their order and however often they come.
 *
 * @returns a function that answers false for an event that is known already.
 */
export function createCorrelation(parts: CorrelationParts): (event: Event, seq: number) => boolean {
  const { events, facts, places, onFact } = parts;
  const homes = createHomes({ events, places, ...(parts.onCut && { onCut: parts.onCut }) });
  /** Facts made anew by the event at hand, not stored yet. */
  const pending = new Map<string, Assembled['fact']>();
  const links = createLinkFinder({
    places,
    topology: parts.topology,
    lookUp: (id) => pending.get(id) ?? facts.get(id),
  });

  return (event, seq) => {
    const { factId, outcome } = identityOf(event);
    const isProgress = outcome === 'progress';
    if (!events.insert(event, { seq, fact: factId, isProgress })) return false;
    const moves = isProgress ? [] : homes.settle(event, factId);
    pending.clear();
    renew(orderOf(factId, moves), gainsOf(factId, moves, isProgress), moves);
    return true;
  };

  function renew(ids: readonly string[], gains: ReadonlyMap<string, number>, moves: readonly Move[]): void {
    const before = new Map<string, Fact | undefined>();
    const families = new Map<string, string>();
    const linked = new Set<string>();
    // What a job is made of comes after the job, which knows more of it.
    const queue = [...ids.filter((id) => !parentOf(id)), ...ids.filter(parentOf)];
    for (const id of queue) {
      if (before.has(id)) continue;
      const old = facts.get(id);
      const assembled = assemble(id, old, gains.get(id) ?? 0) ?? retired(id, old, moves);
      if (assembled === undefined) continue;
      before.set(id, old);
      families.set(id, assembled.family);
      pending.set(id, assembled.fact);
      for (const source of links.noteChange(old, assembled.fact)) linked.add(source);
      // Its log tells of a job's guests what the lines about each of them do not.
      if (!isDeepStrictEqual(old?.facts['guests'], assembled.fact.facts['guests']))
        queue.push(...facts.partsOf(id));
    }
    for (const id of new Set([...ids, ...pending.keys()])) {
      const fact = pending.get(id);
      if (fact) put(fact, before.get(id), families.get(id) ?? '');
    }
    for (const id of linked) {
      const old = pending.has(id) ? undefined : facts.get(id);
      if (old === undefined || old.mergedInto !== undefined) continue;
      const { revision: _, ...fact } = old;
      put(fact, old, partsOf(old.type).family);
    }
  }

  function put(assembled: Assembled['fact'], before: Fact | undefined, family: string): void {
    const own = assembled.links.filter(
      ({ relation, to }) => relation === 'parent' && to === parentOf(assembled.id),
    );
    const isRetired = assembled.mergedInto !== undefined;
    const fact = isRetired ? assembled : { ...assembled, links: [...own, ...links.linksOf(assembled)] };
    const { revision = 0, ...old } = before ?? ({} as Partial<Fact>);
    if (isDeepStrictEqual(old, fact)) return;
    const next: Fact = { ...fact, revision: revision + 1 };
    facts.put(next, family);
    const isRelinked =
      before !== undefined && isDeepStrictEqual({ ...old, links: [] }, { ...fact, links: [] });
    onFact({ fact: next, before, isRelinked });
  }

  function assemble(id: string, before: Fact | undefined, gained: number): Assembled | undefined {
    const isCounted = countsReports(id);
    const members = events.membersOf(id, isCounted ? COUNTED_EDGE : undefined);
    const progress = events.progressOf(id);
    const all = progress === undefined ? members : [...members, progress];
    if (all.length === 0) return undefined;
    const parentId = parentOf(id);
    const parent = parentId === undefined ? undefined : (pending.get(parentId) ?? facts.get(parentId));
    return assembleFact(id, all, {
      parent,
      count: isCounted ? countOf(members.length, before, gained) : undefined,
    });
  }

  /** Whether the fact is a chain of equal reports. */
  function countsReports(id: string): boolean {
    const owner = ownerOf(id);
    const first = owner === undefined ? undefined : events.get(owner)?.event;
    const key = first && keyOf(first)?.key;
    return key?.kind === 'chain' && key.isCounted === true;
  }
}

/** Counting thousands of reports for each that comes would take longer the longer it goes on; what came and went is known. */
function countOf(shown: number, before: Fact | undefined, gained: number): number {
  if (shown < 2 * COUNTED_EDGE) return shown;
  const counted = before === undefined || before.mergedInto !== undefined ? 0 : before.facts['count'];
  return Math.max(shown, (typeof counted === 'number' ? counted : 0) + gained);
}

/** What has no reports left became part of another fact. */
function retired(id: string, before: Fact | undefined, moves: readonly Move[]): Assembled | undefined {
  const to = moves.findLast(({ from }) => from === id)?.to;
  if (before === undefined || to === undefined) return undefined;
  const { revision: _, ...rest } = before;
  return {
    fact: { ...rest, members: [], links: [{ relation: 'same-incident', to }], mergedInto: to },
    family: partsOf(before.type).family,
  };
}

/** What was left behind first: whoever follows facts takes what it knows of them along to where they went. */
function orderOf(factId: string, moves: readonly Move[]): string[] {
  const left = moves.map(({ from }) => from);
  return [...new Set([...left, ...moves.map(({ to }) => to), factId])];
}

/** How many reports more each fact has. */
function gainsOf(factId: string, moves: readonly Move[], isProgress: boolean): Map<string, number> {
  const gains = new Map<string, number>(isProgress ? [] : [[factId, 1]]);
  for (const { from, to, count } of moves) {
    gains.set(from, (gains.get(from) ?? 0) - count);
    gains.set(to, (gains.get(to) ?? 0) + count);
  }
  return gains;
}
