import { MINUTE, placeOf, textIn, type ChainKey } from './key.ts';

/** A device that fell out of a software RAID. */
export const mdadm: ChainKey = {
  kind: 'chain',
  name: 'mdadm',
  types: ['mdraid.device.failed'],
  linkOf(event) {
    const array = textIn(event, 'array');
    if (event.node === undefined || array === undefined) return undefined;
    const place = placeOf(event.node, array, textIn(event, 'component'), textIn(event, 'event'));
    return { place, tag: '', silenceMs: 10 * MINUTE };
  },
};
