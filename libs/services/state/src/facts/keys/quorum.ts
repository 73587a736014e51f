import { MINUTE, placeOf, textIn, type ChainKey } from './key.ts';

/** Quorum as one node sees it: pmxcfs, corosync and the HA status say the same. */
export const quorum: ChainKey = {
  kind: 'chain',
  name: 'quorum',
  types: ['cluster.quorum.lost', 'cluster.quorum.regained'],
  linkOf(event) {
    const perspective = textIn(event, 'perspective') ?? event.node;
    if (perspective === undefined) return undefined;
    return { place: placeOf(event.cluster, perspective), tag: event.type, silenceMs: MINUTE };
  },
};
