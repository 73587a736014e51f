import { maxSeverity, type Entity, type Fact, type Product, type Severity } from '@proxmox-mcp/schemas';

/** A condition that holds: what makes an incident although no activity failed. */
export interface Trouble extends Pick<Entity, 'cluster' | 'node'> {
  /** `node.state.offline`. */
  readonly condition: string;
  /** Object as every report of the condition names it; part of where its incident is looked up. */
  readonly anchor: string;
  /** Middle of the incident's key: `node/pve2`. */
  readonly object: string;
  readonly severity: Severity;
  readonly product: Product;
  readonly title: string;
  /** Why, where the report itself tells. */
  readonly cause?: string;
  /** ISO time since when it holds, as far as was seen. */
  readonly at: string;
  /** Fact that tells of it; without one it was only observed. */
  readonly ref?: string;
}

/** The end of what may have been a problem. Absence of news is never one. */
export interface Recovery extends Pick<Entity, 'cluster'> {
  readonly condition: string;
  readonly anchor: string;
  readonly title: string;
  readonly at: string;
  readonly ref?: string;
}

/** A report that explains an open incident without being its cause or its end. */
export interface Detail extends Pick<Entity, 'cluster'> {
  readonly condition: string;
  readonly anchor: string;
  readonly title: string;
  readonly at: string;
  readonly ref: string;
}

/** What is told of a node that is gone: its fencing belongs to the same incident (PROXMOX §G.5, T5). */
const OF_OFFLINE_NODE: ReadonlySet<string> = new Set(['node.watchdog.expired', 'ha.node.state.changed']);

/** Said by the rest of the cluster once it has given the node up: who hears nothing else hears of the end of the node by it. */
const FENCING: ReadonlySet<string> = new Set(['node.fence.started', 'node.fence.succeeded']);

/** States that the HA manager gives a node that has left the cluster. */
const HA_GONE: ReadonlySet<unknown> = new Set(['unknown', 'fence']);

/**
 * Whether the HA manager itself says that the node is gone, in its log. The API's `unknown` is another thing: it means that the
 * node's own HA agent is silent, which a stopped daemon on a healthy node is too.
 */
function isGoneForHa({ type, facts }: Fact): boolean {
  return (
    type === 'ha.node.state.changed' && typeof facts['reporter'] === 'string' && HA_GONE.has(facts['to'])
  );
}

const OFFLINE = 'node.state.offline';

/** A node was seen offline, by an event or by a poll: both make the same incident. */
export function nodeOffline(
  seen: Pick<Trouble, 'cluster' | 'node' | 'product' | 'at' | 'ref' | 'cause'> &
    Partial<Pick<Trouble, 'severity'>> & { node: string },
): Trouble {
  return {
    condition: OFFLINE,
    anchor: seen.node,
    object: `node/${seen.node}`,
    severity: 'error',
    title: `Node ${seen.node} is offline`,
    ...seen,
  };
}

/** A node was seen online. */
export function nodeOnline(
  seen: Pick<Recovery, 'cluster' | 'at' | 'ref'> & { readonly node: string },
): Recovery {
  const { node, ...rest } = seen;
  return { condition: OFFLINE, anchor: node, title: `Node ${node} is online`, ...rest };
}

/** What a fact that is no activity says about conditions. */
export function conditionOf(
  fact: Fact,
): { trouble: Trouble } | { recovery: Recovery } | { detail: Detail } | undefined {
  const at = fact.startedAt;
  const cluster = fact.cluster === undefined ? {} : { cluster: fact.cluster };
  if (fact.type === OFFLINE && fact.node !== undefined)
    return { trouble: nodeOffline({ ...cluster, node: fact.node, product: fact.product, at, ref: fact.id }) };
  if (fact.type === 'node.state.online' && fact.node !== undefined)
    return { recovery: nodeOnline({ ...cluster, node: fact.node, at, ref: fact.id }) };
  if (FENCING.has(fact.type) && fact.node !== undefined) return { trouble: fencedNode(fact, fact.node) };
  if (fact.node !== undefined && isGoneForHa(fact))
    return {
      trouble: nodeOffline({
        ...cluster,
        node: fact.node,
        product: fact.product,
        severity: maxSeverity('error', fact.severity),
        at,
        ref: fact.id,
      }),
    };
  if (fact.type === 'ha.node.state.changed' && fact.node !== undefined && fact.facts['to'] === 'online')
    return { recovery: nodeOnline({ ...cluster, node: fact.node, at, ref: fact.id }) };
  if (OF_OFFLINE_NODE.has(fact.type) && fact.node !== undefined)
    return {
      detail: { condition: OFFLINE, anchor: fact.node, title: fact.title, at, ref: fact.id, ...cluster },
    };
  // A guest that runs has been started, by whomever.
  if (fact.type === 'guest.state.running' && fact.guest)
    return {
      recovery: {
        condition: 'guest.start',
        anchor: String(fact.guest.vmid),
        title: fact.title,
        at,
        ref: fact.id,
        ...cluster,
      },
    };
  return undefined;
}

function fencedNode(fact: Fact, node: string): Trouble {
  const isDone = fact.type === 'node.fence.succeeded';
  return nodeOffline({
    ...(fact.cluster === undefined ? {} : { cluster: fact.cluster }),
    node,
    product: fact.product,
    severity: maxSeverity('error', fact.severity),
    cause: `${node} was lost and ${isDone ? 'has been' : 'is being'} fenced by HA`,
    at: fact.startedAt,
    ref: fact.id,
  });
}
