import type { Event, Fact } from '@proxmox-mcp/schemas';
import type { Correlated } from '@proxmox-mcp/state';

/** A fact by the inputs that tell of it. */
export interface GroupView extends Omit<Fact, 'id' | 'members' | 'links' | 'revision' | 'mergedInto'> {
  /** Indexes into the inputs. */
  readonly members: readonly number[];
  /** Index of the group that it is a part of. */
  readonly parent?: number;
}

/** What `correlate` prints: links are between groups, by their index. */
export interface Grouping {
  readonly groups: readonly GroupView[];
  readonly links: readonly (readonly [number, string, number])[];
}

/** Shows facts as groups of inputs, in the order of their first. */
export function describeGroups(heard: readonly (readonly Event[])[], facts: readonly Correlated[]): Grouping {
  const inputsOf = new Map<string, number[]>();
  heard.forEach((events, input) => {
    for (const { id } of events) inputsOf.set(id, [...(inputsOf.get(id) ?? []), input]);
  });
  const found = facts
    .map(({ fact, events }) => {
      const members = [...new Set(events.flatMap((id) => inputsOf.get(id) ?? []))].sort((a, b) => a - b);
      return { fact, members };
    })
    .sort((a, b) => (a.members[0] ?? 0) - (b.members[0] ?? 0) || (a.fact.id < b.fact.id ? -1 : 1));
  const indexOf = new Map(found.map(({ fact }, index) => [fact.id, index]));
  const linked = found.flatMap(({ fact }, from) =>
    fact.links.flatMap(({ relation, to }) => {
      const target = indexOf.get(to);
      return target === undefined
        ? []
        : [{ from, relation, to: target, isPart: fact.id.startsWith(`${to}/`) }];
    }),
  );
  return {
    groups: found.map(({ fact, members }, index) => {
      const {
        id: _id,
        members: _members,
        links: _links,
        revision: _revision,
        mergedInto: _merged,
        ...shown
      } = fact;
      const parent = linked.find(({ from, relation }) => from === index && relation === 'parent')?.to;
      return { ...shown, members, ...(parent === undefined ? {} : { parent }) };
    }),
    // A guest's part of a backup has its job as parent by what it is: nothing links them that were not one thing.
    links: linked
      .filter(({ isPart }) => !isPart)
      .map(({ from, relation, to }) => [from, relation, to] as const),
  };
}
