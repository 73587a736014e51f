import { on, recoveryIn, troubleIn } from '../of-fact.ts';
import { poolOf } from '../pool.ts';
import { defineFactRule } from '../rule.ts';

const SUSPENDED = 'zfs.pool.suspended';

/** A pool that stopped all I/O: whatever lives on it hangs. Over as soon as the pool says anything else of itself. */
export const zfsSuspended = defineFactRule({
  name: 'zfs-suspended',
  condition: SUSPENDED,
  summary: 'A ZFS pool has suspended all I/O.',
  types: [SUSPENDED, 'zfs.vdev.faulted', 'zfs.vdev.online', 'zfs.scrub.finished'],
  defaults: { enabled: true, for: 0, clearFor: 0 },
  read(fact) {
    const pool = poolOf(fact);
    if (pool === undefined) return undefined;
    const where = { condition: SUSPENDED, anchor: pool.object };
    if (fact.type !== SUSPENDED)
      return pool.state === undefined || pool.state === 'SUSPENDED'
        ? undefined
        : { recovery: { ...recoveryIn(fact), ...where, title: `ZFS pool ${pool.name} is ${pool.state}` } };
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object: pool.object,
        severity: 'critical',
        title: `ZFS pool ${pool.name}${on(fact)} is suspended`,
        cause: 'too many of its devices do not answer: reads and writes of the pool hang until they are back',
      },
    };
  },
});
