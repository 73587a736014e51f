import { numberIn, textIn } from '../../facts/keys/key.ts';
import { diskOf } from '../disk.ts';
import { on, recoveryIn, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const WORN = 'disk.wearout.high';

/** An SSD that comes to the end of the writes it is made for. It ends with another disk in its place. */
export const diskWearout = defineFactRule({
  name: 'disk-wearout',
  condition: WORN,
  summary: 'An SSD has little of its life left.',
  types: [WORN, 'disk.smart.passed'],
  unit: '% left',
  defaults: { enabled: true, warn: 20, crit: 10, for: 0, clearFor: 0 },
  read(fact, { warn, crit }) {
    const disk = diskOf(fact);
    if (disk === undefined) return undefined;
    const where = { condition: WORN, anchor: disk.object };
    if (fact.type !== WORN)
      return textIn(fact, 'replaces') === undefined
        ? undefined
        : { recovery: { ...recoveryIn(fact), ...where } };
    const left = numberIn(fact, 'left_percent');
    if (left === undefined) return undefined;
    const isCritical = crit !== undefined && left <= crit;
    const threshold = isCritical ? crit : warn;
    if (threshold === undefined || left > threshold) return undefined;
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object: disk.object,
        severity: isCritical ? 'critical' : 'warning',
        title: `Disk is worn out: ${disk.name}${on(fact)}`,
        cause: `${disk.identity ?? disk.name} has ${left} % of its life left`,
        why: { rule: 'disk-wearout', value: left, threshold, unit: '% left' },
      },
    };
  },
});
