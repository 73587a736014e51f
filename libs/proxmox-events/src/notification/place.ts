import type { InventorySource, Product } from '@proxmox-mcp/schemas';
import { clusterOf, createHostIndex, shortHost } from '../inventory/host-index.ts';

/** Where something happened, as far as it is known. */
export interface Place {
  readonly product: Product;
  readonly cluster?: string;
  readonly node?: string;
}

/** What a notification says of its whereabouts besides the host. */
export interface PlaceHints {
  readonly product?: Product;
  /** Name of the cluster as written. */
  readonly cluster?: string;
  /** Another node of the same cluster. */
  readonly peer?: string;
}

/**
 * Resolves the host said through the inventory of the route. Where a route is shared and nothing tells which of its sources it
 * was, no cluster is named: a wrong one would be believed.
 */
export function placeOf(
  said: string | undefined,
  sources: readonly [InventorySource, ...InventorySource[]],
  hints: PlaceHints,
): Place {
  const host = said === '' ? undefined : said;
  const candidates = narrow(
    narrow(sources, ({ product }) => product === hints.product),
    ({ cluster }) => cluster !== null && cluster === hints.cluster,
  );
  const known = find(host, candidates) ?? find(host, sources);
  if (known !== undefined) return at(known.source, known.node);
  const [first = sources[0], second] = candidates;
  const only = second === undefined ? first : find(hints.peer, candidates)?.source;
  if (only !== undefined) {
    const single = only.nodes.length === 1 ? only.nodes[0]?.name : undefined;
    return at(only, host === undefined ? single : shortHost(host));
  }
  const product = hints.product ?? first.product;
  // A host nobody told us of is a standalone one until somebody does.
  return host === undefined
    ? { product }
    : at({ id: host, product, cluster: null, nodes: [] }, shortHost(host));
}

/** Those that fit, or all where none does. */
function narrow(
  sources: readonly InventorySource[],
  fits: (source: InventorySource) => boolean,
): readonly InventorySource[] {
  const fitting = sources.filter(fits);
  return fitting.length > 0 ? fitting : sources;
}

function find(host: string | undefined, sources: readonly InventorySource[]) {
  return host === undefined ? undefined : createHostIndex(sources).find(host);
}

function at(source: Pick<InventorySource, 'id' | 'product' | 'cluster' | 'nodes'>, node?: string): Place {
  return {
    product: source.product,
    cluster: clusterOf(source, node),
    ...(node === undefined ? {} : { node }),
  };
}
