import { MINUTE, placeOf, type ChainKey } from './key.ts';

/** One fencing: the HA manager's lines and the notifications of its beginning and end. */
export const fencing: ChainKey = {
  kind: 'chain',
  name: 'fence',
  types: ['node.fence.started', 'node.fence.succeeded', 'ha.node.state.changed'],
  precedence: ['ha.node.state.changed', 'node.fence.started', 'node.fence.succeeded'],
  linkOf({ type, cluster, node, facts }) {
    if (node === undefined || (type === 'ha.node.state.changed' && facts['to'] !== 'fence')) return undefined;
    return { place: placeOf(cluster, node), tag: '', silenceMs: 10 * MINUTE };
  },
};
