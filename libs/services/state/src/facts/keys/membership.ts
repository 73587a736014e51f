import { MINUTE, numberIn, placeOf, textIn, type ChainKey } from './key.ts';

/** What one node says of corosync's ring: each a fact of its own, for each reporter. */
export const membership: ChainKey = {
  kind: 'chain',
  name: 'ring',
  types: [
    'cluster.member.left',
    'cluster.member.joined',
    'cluster.link.down',
    'cluster.link.up',
    'cluster.peer.unreachable',
    'cluster.token.lost',
  ],
  linkOf(event) {
    const { type, cluster, node } = event;
    if (node === undefined) return undefined;
    const about = type.startsWith('cluster.member.')
      ? textIn(event, 'ring_id')
      : placeOf(numberIn(event, 'peer_nodeid'), numberIn(event, 'link'));
    const what = type.startsWith('cluster.link.') ? 'link' : type;
    return { place: placeOf(what, cluster, node, about), tag: type, silenceMs: MINUTE };
  },
};
