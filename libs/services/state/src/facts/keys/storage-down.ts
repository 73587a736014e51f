import { MINUTE, placeOf, type ChainKey } from './key.ts';

const TAGS: Readonly<Record<string, string>> = {
  'storage.state.unavailable': 'down',
  'storage.state.unknown': 'down',
  'storage.state.available': 'up',
};

/** A node cannot use a storage: pvestatd's complaints, and what the resource list makes of it up to five minutes later. */
export const storageDown: ChainKey = {
  kind: 'chain',
  name: 'storage',
  types: Object.keys(TAGS),
  precedence: ['storage.state.unknown', 'storage.state.unavailable'],
  isCounted: true,
  linkOf({ type, cluster, node, storage }) {
    if (node === undefined || storage === undefined) return undefined;
    const tag = TAGS[type] ?? '';
    // A repeated line comes every five minutes, and the list may lag as long.
    return { place: placeOf(cluster, node, storage), tag, silenceMs: tag === 'down' ? 6 * MINUTE : MINUTE };
  },
};
