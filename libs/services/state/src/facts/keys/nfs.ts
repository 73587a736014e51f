import { HOUR, MINUTE, placeOf, textIn, type ChainKey } from './key.ts';

/** An NFS server that does not answer a node, until it does: the kernel says so every few minutes. */
export const nfs: ChainKey = {
  kind: 'chain',
  name: 'nfs',
  types: ['storage.nfs.timeout', 'storage.nfs.recovered'],
  isCounted: true,
  linkOf(event) {
    const server = textIn(event, 'server');
    if (event.node === undefined || server === undefined) return undefined;
    const silenceMs = event.type === 'storage.nfs.timeout' ? HOUR / 2 : MINUTE;
    return { place: placeOf(event.cluster, event.node, server), tag: event.type, silenceMs };
  },
};
