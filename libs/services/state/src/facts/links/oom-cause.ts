import { MINUTE, SECOND, placeOf } from '../keys/key.ts';
import { isSameGuest, latest, startOf, type Linked, type LinkRule } from './link.ts';

/** A guest is down because its process was killed for memory. */
export const oomCause: LinkRule = {
  name: 'oom',
  relation: 'caused-by',
  sources: ['guest.process.exited', 'guest.state.stopped'],
  targets: ['guest.oom.killed'],
  before: MINUTE,
  after: 5 * SECOND,
  lookFrom: spotOf,
  foundAt: spotOf,
  choose: (stop, kills) =>
    latest(kills.filter((kill) => isSameGuest(stop, kill) && (stop.node ?? kill.node) === kill.node)),
};

function spotOf(fact: Linked) {
  return fact.guest === undefined
    ? []
    : [{ place: placeOf(fact.cluster, fact.guest.vmid), at: startOf(fact) }];
}
