import { textIn } from '../../facts/keys/key.ts';
import { on, recoveryIn, troubleIn } from '../of-fact.ts';
import { poolOf } from '../pool.ts';
import { defineFactRule } from '../rule.ts';

const FAULTED = 'zfs.vdev.faulted';
const POOL = '(pool)';

/**
 * A pool that lost a device: the next one may take the data along. It is well again when each of its devices is, or when the pool says so
 * of itself: a device that was replaced never comes back.
 */
export const zfsDegraded = defineFactRule({
  name: 'zfs-degraded',
  condition: FAULTED,
  summary: 'A ZFS pool is degraded or faulted: one of its devices is.',
  types: [FAULTED, 'zfs.vdev.online', 'zfs.scrub.finished'],
  defaults: { enabled: true, for: 0, clearFor: 0 },
  read(fact) {
    const pool = poolOf(fact);
    if (pool === undefined) return undefined;
    const where = { condition: FAULTED, anchor: pool.object };
    const vdev = textIn(fact, 'vdev');
    // zed names the path, a poll the last part of it.
    const device = vdev?.slice(vdev.lastIndexOf('/') + 1) ?? POOL;
    if (fact.type !== FAULTED) {
      if (pool.state === 'ONLINE') return { recovery: { ...recoveryIn(fact), ...where } };
      if (fact.type === 'zfs.scrub.finished' || pool.state !== undefined) return undefined;
      return { recovery: { ...recoveryIn(fact), ...where, seenBy: [device] } };
    }
    const state = textIn(fact, 'state');
    const what =
      vdev === undefined ? `the pool is ${state ?? 'not whole'}` : `${vdev} is ${state ?? 'faulted'}`;
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object: pool.object,
        seenBy: [device],
        severity: 'critical',
        title: `ZFS pool ${pool.name}${on(fact)} is degraded`,
        cause: `${what}: the pool has lost redundancy`,
      },
    };
  },
});
