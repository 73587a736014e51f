import { isDeepStrictEqual } from 'node:util';
import type { Event, Fact } from '@proxmox-mcp/schemas';

/** One thing that would be different. */
export interface Difference {
  readonly what: 'event' | 'fact';
  readonly change: 'appears' | 'changes' | 'vanishes';
  readonly id: string;
  readonly type: string;
  readonly title: string;
  /** Paths of what differs, with both values. */
  readonly fields?: readonly { readonly path: string; readonly before: unknown; readonly after: unknown }[];
  /** Where it comes from. */
  readonly from?: string;
}

type Fields = NonNullable<Difference['fields']>;

const OF_EVENT = [
  'type',
  'severity',
  'product',
  'cluster',
  'node',
  'guest',
  'storage',
  'upid',
  'status',
] as const;
const MORE_OF_EVENT = ['occurredAt', 'at', 'title', 'text'] as const;
const OF_FACT = [
  'type',
  'severity',
  'node',
  'guest',
  'storage',
  'upid',
  'status',
  'startedAt',
  'endedAt',
] as const;

/** What differs between the events an input became and those it would become. */
export function compareEvents(before: readonly Event[], after: readonly Event[]): Difference[] {
  const now = new Map(after.map((event) => [event.id, event]));
  const then = new Map(before.map((event) => [event.id, event]));
  const gone = before.filter(({ id }) => !now.has(id)).map((event) => told('vanishes', event));
  const come = after.filter(({ id }) => !then.has(id)).map((event) => told('appears', event));
  const changed = after.flatMap((event) => {
    const old = then.get(event.id);
    if (old === undefined) return [];
    const fields = [...differing(old, event, [...OF_EVENT, ...MORE_OF_EVENT]), ...inside(old, event)];
    return fields.length === 0 ? [] : [{ ...told('changes', event), fields }];
  });
  return [...gone, ...changed, ...come];
}

/**
 * What differs between the facts of the history and those that today's events and correlation make.
 *
 * @param isWhole whether all reports of a fact of the history were read again; of the others nothing can be said.
 */
export function compareFacts(
  before: readonly Fact[],
  after: readonly Fact[],
  isWhole: (fact: Fact) => boolean,
): Difference[] {
  const now = new Map(after.map((fact) => [fact.id, fact]));
  const known = new Set(before.map(({ id }) => id));
  const differences = before.filter(isWhole).flatMap((old): Difference[] => {
    const fact = now.get(old.id);
    if (fact === undefined) return [{ ...told('vanishes', old), what: 'fact' }];
    const fields = [...differing(old, fact, [...OF_FACT, 'title']), ...inside(old, fact)];
    return fields.length === 0 ? [] : [{ ...told('changes', fact), what: 'fact', fields }];
  });
  return [
    ...differences,
    ...after
      .filter(({ id }) => !known.has(id))
      .map((fact) => ({ ...told('appears', fact), what: 'fact' as const })),
  ];
}

function told(change: Difference['change'], { id, type, title }: Event | Fact): Difference {
  return { what: 'event', change, id, type, title };
}

function differing<T extends object>(before: T, after: T, keys: readonly (keyof T & string)[]): Fields {
  return keys.flatMap((key) => {
    const [old, fresh] = [before[key], after[key]];
    // The cluster is completed from the live picture when an event is stored; a replay has none.
    if (key === 'cluster' && fresh === undefined) return [];
    return isSame(old, fresh) ? [] : [{ path: key, before: old, after: fresh }];
  });
}

function inside(before: Event | Fact, after: Event | Fact): Fields {
  const keys = [...new Set([...Object.keys(before.facts), ...Object.keys(after.facts)])];
  return keys.flatMap((key) => {
    const [old, fresh] = [before.facts[key], after.facts[key]];
    return isSame(old, fresh) ? [] : [{ path: `facts.${key}`, before: old, after: fresh }];
  });
}

/** What the gateway took out of its answer cannot differ. Undefined and absent are one, as they are in JSON. */
function isSame(before: unknown, after: unknown): boolean {
  const [old, fresh] = [before, after].map((value) => JSON.stringify(value) ?? 'null');
  if (old?.includes('[redacted]') === true) return true;
  return old === fresh || isDeepStrictEqual(JSON.parse(old ?? 'null'), JSON.parse(fresh ?? 'null'));
}
