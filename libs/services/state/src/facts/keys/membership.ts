import { MINUTE, numberIn, placeOf, type ChainKey } from './key.ts';

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
    const { type, cluster, node, facts } = event;
    if (node === undefined) return undefined;
    const about = type.startsWith('cluster.member.')
      ? membersOf(facts)
      : placeOf(numberIn(event, 'peer_nodeid'), numberIn(event, 'link'));
    const what = /^cluster\.(member|link)\./.exec(type)?.[1] ?? type;
    return { place: placeOf(what, cluster, node, about), tag: type, silenceMs: MINUTE };
  },
};

/** Who left or joined. Not the ring's id: corosync tells it, the cluster status does not. */
function membersOf(facts: Readonly<Record<string, unknown>>): string {
  const lists = [facts['left_nodeids'], facts['joined_nodeids']].filter(isFilled);
  return (lists[0] ?? []).map(String).sort().join();
}

const isFilled = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > 0;
