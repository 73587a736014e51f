import { textIn } from '../../facts/keys/key.ts';
import { on, recoveryIn, troubleIn } from '../of-fact.ts';
import { isCleanScrub, poolOf } from '../pool.ts';
import { defineFactRule } from '../rule.ts';

const CHECKSUM = 'zfs.vdev.checksum_error';

/** A device gave back other data than it was given; the pool mended it. Cable, controller, memory or disk. */
export const zfsChecksumError = defineFactRule({
  name: 'zfs-checksum-error',
  condition: CHECKSUM,
  summary:
    'Checksum errors of a device of a ZFS pool grow in number. Over with a clean scrub, or after a week without more.',
  types: [CHECKSUM, 'zfs.scrub.finished'],
  defaults: { enabled: true, for: 0, clearFor: 0 },
  read(fact) {
    const pool = poolOf(fact);
    if (pool === undefined) return undefined;
    const where = { condition: CHECKSUM, anchor: pool.object };
    if (isCleanScrub(fact)) return { recovery: { ...recoveryIn(fact), ...where } };
    if (fact.type !== CHECKSUM) return undefined;
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object: pool.object,
        severity: 'warning',
        title: `Checksum errors in ZFS pool ${pool.name}${on(fact)}`,
        cause: `${textIn(fact, 'vdev') ?? 'a device'} gave back other data than was written`,
        expiresAfter: 7 * 86_400,
      },
    };
  },
});
