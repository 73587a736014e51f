import { MINUTE, numberIn, placeOf, textIn } from '../keys/key.ts';
import type { Topology } from '../topology.ts';
import { endOf, nearest, startOf, type Linked, type LinkRule } from './link.ts';

const FENCED: readonly string[] = ['node.fence.started', 'node.fence.succeeded', 'ha.node.state.changed'];
const OFFLINE: readonly string[] = ['node.state.offline', 'node.state.unknown'];

/** From the first token that is lost to the end of the fencing three minutes pass. */
const BEFORE_MS = 5 * MINUTE;
const AFTER_MS = 5 * MINUTE;
const REACH_MS = 15 * MINUTE;

/**
 * What is told of a node as it is lost: links, token, membership, quorum, watchdog, the list. Each is a fact of its own and part of one
 * incident: the fencing where there is one, else the outage.
 */
export const lostNode: LinkRule = {
  name: 'lost-node',
  relation: 'same-incident',
  sources: [
    ...OFFLINE,
    'ha.node.state.changed',
    'cluster.quorum.lost',
    'cluster.link.down',
    'cluster.peer.unreachable',
    'cluster.token.lost',
    'cluster.member.left',
    'node.watchdog.expiring',
    'node.watchdog.expired',
  ],
  targets: [...FENCED, ...OFFLINE],
  before: REACH_MS,
  after: REACH_MS,
  lookFrom: (sign) => (isSign(sign) ? [spotOf(sign)] : []),
  foundAt: (loss) => (isFencing(loss) || OFFLINE.includes(loss.type) ? [spotOf(loss)] : []),
  choose(sign, losses, topology) {
    const nodes = nodesOf(sign, topology);
    const at = startOf(sign);
    const near = losses.filter(
      (loss) =>
        loss.id !== sign.id &&
        loss.node !== undefined &&
        (nodes?.includes(loss.node) ?? true) &&
        startOf(loss) - BEFORE_MS <= at &&
        at <= endOf(loss) + AFTER_MS,
    );
    const fenced = nearest(near.filter(isFencing), at);
    if (fenced.length > 0 || isOutage(sign)) return fenced;
    return nearest(
      near.filter((loss) => !isFencing(loss)),
      at,
    );
  },
};

const spotOf = (fact: Linked) => ({ place: placeOf(fact.cluster), at: startOf(fact) });

const isFencing = ({ type, facts }: Linked) =>
  FENCED.includes(type) && (type !== 'ha.node.state.changed' || facts['to'] === 'fence');

/** The HA manager speaks of nodes that are well too. */
const isSign = ({ type, facts }: Linked) => type !== 'ha.node.state.changed' || facts['to'] === 'unknown';

/** An outage is not part of another node's. */
const isOutage = ({ type }: Linked) => OFFLINE.includes(type) || type === 'ha.node.state.changed';

/** The nodes that a sign is about; `undefined` where it does not say, or says it by a number that nobody knows. */
function nodesOf(sign: Linked, topology: Topology): string[] | undefined {
  switch (sign.type) {
    case 'cluster.token.lost':
      return undefined;
    case 'cluster.quorum.lost':
      return [textIn(sign, 'perspective') ?? sign.node ?? ''];
    case 'cluster.member.left':
      return named(sign.facts['left_nodeids'], sign, topology);
    case 'cluster.link.down':
    case 'cluster.peer.unreachable': {
      const peer = textIn(sign, 'peer_node');
      return peer === undefined ? named([numberIn(sign, 'peer_nodeid')], sign, topology) : [peer];
    }
    default:
      return sign.node === undefined ? [] : [sign.node];
  }
}

function named(ids: unknown, { cluster }: Linked, topology: Topology): string[] | undefined {
  if (!Array.isArray(ids)) return undefined;
  const names = ids.map((id) => (typeof id === 'number' ? topology.nodeOfId(cluster, id) : undefined));
  return names.every((name) => name !== undefined) ? names : undefined;
}
