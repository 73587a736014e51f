import { LINKS, rulesFrom, rulesTo } from '../facts/links/links.ts';
import type { Linked } from '../facts/links/link.ts';
import type { Topology } from '../facts/topology.ts';
import type { Lying, PlaceStore } from '../history/places.ts';
import type { Fact } from '@proxmox-mcp/schemas';

type Links = Fact['links'];

/** Targets looked at for one source, and sources asked again when a target changes: what is near in time. */
const MAX_TARGETS = 50;
const MAX_SOURCES = 200;

/** Finds how facts are linked. */
export interface LinkFinder {
  /** Links of a fact, without the job it is a part of. */
  linksOf(fact: Linked): Links;
  /** Notes where the fact lies now. @returns ids of facts that may be linked to it, or were. */
  noteChange(before: Linked | undefined, after: Linked | undefined): string[];
}

export interface LinkParts {
  readonly places: PlaceStore;
  readonly lookUp: (id: string) => Linked | undefined;
  /** The inventory of this moment. */
  readonly topology: () => Topology;
}

interface Noted extends Lying {
  readonly place: string;
}

const RULES = new Map(LINKS.map((rule) => [rule.name, rule]));

/** Makes the finder over one history. */
export function createLinkFinder({ places, lookUp, topology }: LinkParts): LinkFinder {
  function notesOf(fact: Linked | undefined): Noted[] {
    if (fact === undefined || fact.mergedInto !== undefined) return [];
    const spots = (name: string, side: string, found: readonly { place: string; at: number }[]) =>
      found.map(({ place, at }) => ({ place: `${name}${side}${place}`, at, item: fact.id, tag: name }));
    return [
      ...rulesFrom(fact.type).flatMap((rule) => spots(rule.name, '>', rule.lookFrom(fact, topology()))),
      ...rulesTo(fact.type).flatMap((rule) => spots(rule.name, '<', rule.foundAt(fact, topology()))),
    ];
  }

  return {
    linksOf(fact) {
      const links = rulesFrom(fact.type).flatMap((rule) => {
        const near = new Map<string, Linked>();
        for (const { place, at } of rule.lookFrom(fact, topology())) {
          const span = [at - rule.before, at + rule.after] as const;
          for (const { item } of places.within(`${rule.name}<${place}`, span, MAX_TARGETS)) {
            const target = item === fact.id ? undefined : lookUp(item);
            if (target !== undefined && target.mergedInto === undefined) near.set(item, target);
          }
        }
        const chosen = near.size === 0 ? [] : rule.choose(fact, [...near.values()], topology());
        return chosen.map(({ id }) => ({ relation: rule.relation, to: id }));
      });
      const once = new Map(links.map((link) => [`${link.relation} ${link.to}`, link]));
      return [...once].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, link]) => link);
    },
    noteChange(before, after) {
      const [old, now] = [notesOf(before), notesOf(after)];
      const has = (list: readonly Noted[], note: Noted) =>
        list.some((other) => other.place === note.place && other.at === note.at);
      for (const note of old) if (!has(now, note)) places.remove(note.place, note);
      for (const note of now) if (!has(old, note)) places.put(note.place, note);
      const sources = [...old, ...now].flatMap(({ place, at, tag }) => {
        const rule = RULES.get(tag);
        if (rule === undefined || !place.startsWith(`${tag}<`)) return [];
        const span = [at - rule.after, at + rule.before] as const;
        return places
          .within(`${tag}>${place.slice(tag.length + 1)}`, span, MAX_SOURCES)
          .map(({ item }) => item);
      });
      return [...new Set(sources)];
    },
  };
}
