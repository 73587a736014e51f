import { matches, type Match, type Matchable } from '@proxmox-mcp/schemas';
import type { Mirror } from './mirror.ts';

/** How many objects of the live picture a match picks. */
export interface Coverage {
  readonly nodes: number;
  readonly guests: number;
  readonly storages: number;
}

/** Counts what a match picks now, so that a misspelt name is seen when it is written and not when it was needed. */
export function coverageOf(mirror: Mirror, match: Match): Coverage {
  const count = (objects: readonly Matchable[]) => objects.filter((object) => matches(match, object)).length;
  const stores = [
    ...mirror.rows('storages'),
    ...mirror.rows('datastores').map(({ datastore, ...rest }) => ({ ...rest, storage: datastore })),
  ];
  return {
    nodes: count(mirror.rows('nodes').map(placed)),
    guests: count(
      mirror.rows('guests').map(({ guestKind: kind, vmid, name, tags, pool, ...rest }) => ({
        ...placed(rest),
        guest: { kind, vmid, ...(name === undefined ? {} : { name }) },
        tags,
        pool,
      })),
    ),
    storages: new Set(
      stores
        .filter((row) => matches(match, { ...placed(row), storage: row.storage }))
        .map((row) => `${row.cluster}/${row.storage}`),
    ).size,
  };
}

/** The same in words: `1 node, 12 guests, 3 storages`. */
export function coverageWords({ nodes, guests, storages }: Coverage): string {
  return [plural(nodes, 'node'), plural(guests, 'guest'), plural(storages, 'storage')].join(', ');
}

function placed({
  cluster,
  node,
  product,
}: {
  cluster: string;
  node?: string | undefined;
  product: string;
}): Matchable {
  return { cluster, product, ...(node === undefined ? {} : { node }) };
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
