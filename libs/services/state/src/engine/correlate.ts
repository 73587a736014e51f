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
const COUNTED_EDGE = 5;

/** The step from events to facts. */
export interface Correlation {
  /**
   * Stores one event and settles who belongs to whom.
   *
   * @returns false for an event that is known already.
   */
  store(event: Event, seq: number): boolean;
  /** Makes the facts of what has been stored since, each once. Must come before the end of the transaction. */
  renew(): void;
  /** The transaction is undone: nothing has been stored since the last one. */
  forget(): void;
}

/**
 * Makes the step. What comes of it is a function of the set of events, whatever their order, however often they come, and however
 * many of them share a transaction.
 */
export function createCorrelation(parts: CorrelationParts): Correlation {
  const { events, facts, places, onFact } = parts;
  const homes = createHomes({ events, places, ...(parts.onCut && { onCut: parts.onCut }) });
  /** Facts to be made anew, in the order in which they changed, and how many reports more each has. */
  const changed = new Map<string, number>();
  /** Where the reports of a fact went last. */
  const moved = new Map<string, string>();
  /** Facts that are being made anew, not stored yet. */
  const pending = new Map<string, Assembled>();
  const links = createLinkFinder({
    places,
    topology: parts.topology,
    lookUp: (id) => pending.get(id)?.fact ?? facts.get(id),
  });

  return {
    store(event, seq) {
      const { factId, outcome } = identityOf(event);
      const isProgress = outcome === 'progress';
      if (!events.insert(event, { seq, fact: factId, isProgress })) return false;
      const moves = homes.settle(event, factId);
      // Only now, for what throws above is undone.
      for (const { from, to, count } of moves) {
        gain(from, -count);
        gain(to, count);
        moved.set(from, to);
      }
      gain(factId, isProgress ? 0 : 1);
      return true;
    },
    renew() {
      const ids = new Map(changed);
      const before = gather(ids);
      const linked = new Set<string>();
      for (const [id, { fact }] of pending)
        for (const source of links.noteChange(before.get(id), fact)) linked.add(source);
      // Whoever follows facts takes what it knows of those that are gone along to where they went.
      const isGone = ([, { fact }]: readonly [string, Assembled]) => fact.mergedInto !== undefined;
      const told = [...new Set([...ids.keys(), ...pending.keys()])].flatMap((id) => {
        const assembled = pending.get(id);
        return assembled === undefined ? [] : [[id, assembled] as const];
      });
      for (const [id, assembled] of [...told.filter(isGone), ...told.filter((one) => !isGone(one))])
        put(assembled, before.get(id));
      for (const id of linked) {
        const old = pending.has(id) ? undefined : facts.get(id);
        if (old === undefined || old.mergedInto !== undefined) continue;
        const { revision: _, ...fact } = old;
        put({ fact, family: partsOf(old.type).family }, old);
      }
      forget();
    },
    forget,
  };

  function gain(id: string, count: number): void {
    changed.set(id, (changed.get(id) ?? 0) + count);
  }

  function forget(): void {
    changed.clear();
    moved.clear();
    pending.clear();
  }

  /** Assembles everything before any of it is linked or told. @returns what the facts were. */
  function gather(gains: ReadonlyMap<string, number>): Map<string, Fact | undefined> {
    const before = new Map<string, Fact | undefined>();
    // What a job is made of comes after the job, which knows more of it.
    const queue = [...gains.keys()].sort(
      (a, b) => Number(parentOf(a) !== undefined) - Number(parentOf(b) !== undefined),
    );
    for (const id of queue) {
      if (before.has(id)) continue;
      const old = facts.get(id);
      before.set(id, old);
      const assembled = assemble(id, old, gains.get(id) ?? 0) ?? retired(id, old);
      if (assembled === undefined) continue;
      pending.set(id, assembled);
      // Its log tells of a job's guests what the lines about each of them do not.
      if (!isDeepStrictEqual(old?.facts['guests'], assembled.fact.facts['guests']))
        queue.push(...facts.partsOf(id));
    }
    return before;
  }

  function put({ fact: assembled, family }: Assembled, before: Fact | undefined): void {
    const parent = parentOf(assembled.id);
    const own = assembled.links.filter(({ relation, to }) => relation === 'parent' && to === parent);
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
    const parentId = parentOf(id);
    const parent = parentId === undefined ? undefined : (pending.get(parentId)?.fact ?? facts.get(parentId));
    const count = isCounted ? countOf(members.length, before, gained) : undefined;
    const assembled = members.length === 0 ? undefined : assembleFact(id, members, { parent, count });
    if (assembled?.fact.endedAt !== undefined) return assembled;
    // How far it has come matters while it runs.
    const progress = ownerOf(id) === undefined ? events.progressOf(id) : undefined;
    return progress === undefined ? assembled : assembleFact(id, [...members, progress], { parent, count });
  }

  /** Whether the fact is a chain of equal reports. */
  function countsReports(id: string): boolean {
    const owner = ownerOf(id);
    const first = owner === undefined ? undefined : events.get(owner)?.event;
    const key = first && keyOf(first)?.key;
    return key?.kind === 'chain' && key.isCounted === true;
  }

  /** What has no reports left became part of another fact. */
  function retired(id: string, before: Fact | undefined): Assembled | undefined {
    if (before === undefined) return undefined;
    let to = moved.get(id);
    // Where they went may have been left in its turn; never more often than there were moves.
    for (let hops = moved.size; hops > 0 && to !== undefined && events.countUpTo(to, 1) === 0; hops--)
      to = moved.get(to);
    if (to === undefined) return undefined;
    const { revision: _, ...rest } = before;
    const links = [{ relation: 'same-incident' as const, to }];
    return { fact: { ...rest, members: [], links, mergedInto: to }, family: partsOf(before.type).family };
  }
}

/** Counting thousands of reports for each that comes would take longer the longer it goes on; what came and went is known. */
function countOf(shown: number, before: Fact | undefined, gained: number): number {
  if (shown < 2 * COUNTED_EDGE) return shown;
  const counted = before === undefined || before.mergedInto !== undefined ? 0 : before.facts['count'];
  return Math.max(shown, (typeof counted === 'number' ? counted : 0) + gained);
}
