import { numberIn, textIn } from '../../facts/keys/key.ts';
import { on, recoveryIn, troubleIn } from '../of-fact.ts';
import { isCleanScrub, poolOf } from '../pool.ts';
import { defineFactRule } from '../rule.ts';

const DATA_ERROR = 'zfs.data.error';

/** Data that a pool cannot give back whole. A scrub that finds none any more ends it. */
export const zfsDataError = defineFactRule({
  name: 'zfs-data-error',
  condition: DATA_ERROR,
  summary:
    'A ZFS pool has data errors, or a scrub found errors that it could not repair. A clean scrub ends it.',
  types: [DATA_ERROR, 'zfs.scrub.finished'],
  defaults: { enabled: true, for: 0, clearFor: 0 },
  read(fact) {
    const pool = poolOf(fact);
    if (pool === undefined) return undefined;
    const where = { condition: DATA_ERROR, anchor: pool.object };
    if (isCleanScrub(fact)) return { recovery: { ...recoveryIn(fact), ...where } };
    const errors = numberIn(fact, 'errors') ?? 0;
    if (fact.type !== DATA_ERROR && errors === 0) return undefined;
    const cause =
      fact.type === DATA_ERROR
        ? (textIn(fact, 'message')?.slice(0, 500) ?? 'ZFS could not read data back whole')
        : `a scrub found ${errors} errors that it could not repair`;
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object: pool.object,
        severity: 'error',
        title: `Data errors in ZFS pool ${pool.name}${on(fact)}`,
        cause,
      },
    };
  },
});
