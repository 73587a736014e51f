import { MINUTE, placeOf, type ChainKey } from './key.ts';

/** A datastore that a PBS cannot use. */
export const datastoreDown: ChainKey = {
  kind: 'chain',
  name: 'datastore',
  types: ['datastore.state.unavailable'],
  linkOf: ({ cluster, node, storage }) =>
    storage === undefined
      ? undefined
      : { place: placeOf(cluster ?? node, storage), tag: '', silenceMs: 6 * MINUTE },
};
