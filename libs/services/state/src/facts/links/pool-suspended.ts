import { HOUR, MINUTE, placeOf, textIn } from '../keys/key.ts';
import { latest, startOf, type Linked, type LinkRule } from './link.ts';

/** A pool stops after one of its devices did. */
export const poolSuspended: LinkRule = {
  name: 'pool',
  relation: 'same-incident',
  sources: ['zfs.pool.suspended'],
  targets: ['zfs.vdev.faulted', 'zfs.vdev.checksum_error', 'zfs.data.error', 'disk.io.error'],
  before: HOUR,
  after: 10 * MINUTE,
  lookFrom: spotOf,
  foundAt: spotOf,
  choose(pool, signs) {
    const faults = signs.filter(({ type }) => type === 'zfs.vdev.faulted');
    return latest(faults.length > 0 ? faults : signs);
  },
};

function spotOf(fact: Linked) {
  const pool = textIn(fact, 'pool');
  return pool === undefined ? [] : [{ place: placeOf(fact.node, pool), at: startOf(fact) }];
}
