import type { Fact, Relation } from '@proxmox-mcp/schemas';
import type { Spot } from '../keys/key.ts';
import type { Topology } from '../topology.ts';

/** A fact as links see it: they say nothing about revisions. */
export type Linked = Omit<Fact, 'revision'>;

/**
 * One way in which distinct facts have to do with each other (PROXMOX §G.5, T6). The fact that says so is the source; where both
 * lie in the same place and near enough in time, it may choose the other as its target.
 */
export interface LinkRule {
  /** Begins its places; a word of its own. */
  readonly name: string;
  readonly relation: Relation;
  /** Types of the facts that can be sources and targets: nobody else is asked. */
  readonly sources: readonly string[];
  readonly targets: readonly string[];
  /** A target lies at most so long before, and so long after, its source; milliseconds. */
  readonly before: number;
  readonly after: number;
  /** Where a source looks. */
  lookFrom(source: Linked, topology: Topology): readonly Spot[];
  /** Where a target can be found. */
  foundAt(target: Linked, topology: Topology): readonly Spot[];
  /** The targets that are meant, of those that lie near: a function of the set. */
  choose(source: Linked, near: readonly Linked[], topology: Topology): readonly Linked[];
}

/** When a fact began, and the last that is known of it; epoch milliseconds. */
export const startOf = (fact: Linked): number => Date.parse(fact.startedAt);
export const endOf = (fact: Linked): number => Date.parse(fact.endedAt ?? fact.startedAt);

/** The one that began last; of equals the first by id. */
export function latest(facts: readonly Linked[]): readonly Linked[] {
  return [...facts].sort((a, b) => startOf(b) - startOf(a) || (a.id < b.id ? -1 : 1)).slice(0, 1);
}

/** The one that began nearest to a time. */
export function nearest(facts: readonly Linked[], at: number): readonly Linked[] {
  const away = (fact: Linked) => Math.abs(startOf(fact) - at);
  return [...facts].sort((a, b) => away(a) - away(b) || (a.id < b.id ? -1 : 1)).slice(0, 1);
}

/** Whether two guests can be one: a number alone may have been used anew by the other kind. */
export function isSameGuest(a: Linked, b: Linked): boolean {
  const [one, other] = [a.guest?.kind, b.guest?.kind];
  return a.guest?.vmid === b.guest?.vmid && (one === other || one === 'unknown' || other === 'unknown');
}
