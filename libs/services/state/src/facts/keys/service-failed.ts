import { MINUTE, placeOf, textIn, type ChainKey } from './key.ts';

/** Longest time between two words of one failure: systemd says it at once, the list of services is looked at every five minutes. */
const SILENCE_MS = 6 * MINUTE;

/** A service of a node that failed, until it runs again. */
export const serviceFailed: ChainKey = {
  kind: 'chain',
  name: 'service',
  types: ['node.service.failed', 'node.service.running'],
  linkOf(event) {
    const unit = textIn(event, 'unit');
    if (unit === undefined || event.node === undefined) return undefined;
    return { place: placeOf(event.cluster, event.node, unit), tag: event.type, silenceMs: SILENCE_MS };
  },
};
