import { MINUTE, placeOf, textIn, type ChainKey } from './key.ts';

/** Somebody pressed "Test": no field tells more than the target's name. */
export const testNotification: ChainKey = {
  kind: 'chain',
  name: 'test',
  types: ['notification.test.received'],
  linkOf(event) {
    const target = textIn(event, 'target');
    // smartd and mdadm have tests too, which name a device.
    const about = target ?? placeOf(event.node, textIn(event, 'device') ?? textIn(event, 'array'));
    return { place: placeOf(event.cluster, about), tag: '', silenceMs: MINUTE };
  },
};
