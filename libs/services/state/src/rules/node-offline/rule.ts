import { maxSeverity, type Fact } from '@proxmox-mcp/schemas';
import type { Recovery, Trouble } from '../../incidents/trouble.ts';
import { detailIn } from '../of-fact.ts';
import { defineFactRule, type Verdict } from '../rule.ts';

/** What is told of a node that is gone: its fencing belongs to the same incident (PROXMOX §G.5, T5). */
const OF_OFFLINE_NODE: ReadonlySet<string> = new Set([
  'node.watchdog.expiring',
  'node.watchdog.expired',
  'ha.lock.lost',
  'ha.node.state.changed',
]);

/** What other nodes say of the ones they lost: never a message of its own, for the loss is told. */
const OF_LOST_PEERS: ReadonlySet<string> = new Set(['cluster.member.left', 'cluster.peer.unreachable']);

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
export function nodeIsOffline(
  seen: Pick<Trouble, 'cluster' | 'node' | 'product' | 'at' | 'ref' | 'cause'> &
    Partial<Pick<Trouble, 'severity' | 'why'>> & { node: string },
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
export function nodeIsOnline(
  seen: Pick<Recovery, 'cluster' | 'at' | 'ref'> & { readonly node: string },
): Recovery {
  const { node, ...rest } = seen;
  return { condition: OFFLINE, anchor: node, title: `Node ${node} is online`, ...rest };
}

function read(fact: Fact): Verdict | readonly Verdict[] | undefined {
  if (OF_LOST_PEERS.has(fact.type))
    return peersIn(fact).map((anchor) => ({ detail: { ...detailIn(fact), condition: OFFLINE, anchor } }));
  const at = fact.startedAt;
  const cluster = fact.cluster === undefined ? {} : { cluster: fact.cluster };
  if (fact.type === OFFLINE && fact.node !== undefined)
    return {
      trouble: nodeIsOffline({ ...cluster, node: fact.node, product: fact.product, at, ref: fact.id }),
    };
  if (fact.type === 'node.state.online' && fact.node !== undefined)
    return { recovery: nodeIsOnline({ ...cluster, node: fact.node, at, ref: fact.id }) };
  if (FENCING.has(fact.type) && fact.node !== undefined) return { trouble: fencedNode(fact, fact.node) };
  if (fact.node !== undefined && isGoneForHa(fact))
    return {
      trouble: nodeIsOffline({
        ...cluster,
        node: fact.node,
        product: fact.product,
        severity: maxSeverity('error', fact.severity),
        at,
        ref: fact.id,
      }),
    };
  if (fact.type === 'ha.node.state.changed' && fact.node !== undefined && fact.facts['to'] === 'online')
    return { recovery: nodeIsOnline({ ...cluster, node: fact.node, at, ref: fact.id }) };
  if (OF_OFFLINE_NODE.has(fact.type) && fact.node !== undefined)
    return {
      detail: { condition: OFFLINE, anchor: fact.node, title: fact.title, at, ref: fact.id, ...cluster },
    };
  return undefined;
}

/** Names of the nodes that were lost; corosync itself tells only their numbers, which say nothing here. */
function peersIn({ facts }: Fact): string[] {
  const left = facts['members_left'];
  const names = Array.isArray(left) ? left : [facts['peer_node']];
  return names.filter((name) => typeof name === 'string').slice(0, 50);
}

function fencedNode(fact: Fact, node: string): Trouble {
  const isDone = fact.type === 'node.fence.succeeded';
  return nodeIsOffline({
    ...(fact.cluster === undefined ? {} : { cluster: fact.cluster }),
    node,
    product: fact.product,
    severity: maxSeverity('error', fact.severity),
    cause: `${node} was lost and ${isDone ? 'has been' : 'is being'} fenced by HA`,
    at: fact.startedAt,
    ref: fact.id,
  });
}

/** A node that is gone, seen by polls, told by its cluster or by HA: all make the same incident. */
export const nodeOffline = defineFactRule({
  name: 'node-offline',
  condition: OFFLINE,
  summary: 'A node of a cluster is offline.',
  types: [
    OFFLINE,
    'node.state.online',
    'node.fence.started',
    'node.fence.succeeded',
    ...OF_OFFLINE_NODE,
    ...OF_LOST_PEERS,
  ],
  defaults: { enabled: true, for: 0, clearFor: 0 },
  read,
});
