import { numberIn, textIn } from '../../facts/keys/key.ts';
import { objectPath, on, recoveryIn, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const EXPIRING = 'subscription.expiring';

/** A subscription that somebody pays for and that comes to its end. A machine without one is nobody's trouble. */
export const subscription = defineFactRule({
  name: 'subscription',
  condition: EXPIRING,
  summary: 'A subscription comes to its end or is not active any more.',
  types: [EXPIRING, 'subscription.inactive', 'subscription.active'],
  unit: 'd left',
  defaults: { enabled: false, warn: 30, for: 0, clearFor: 0 },
  read(fact, { warn = 30, crit }) {
    if (fact.node === undefined) return undefined;
    const object = objectPath('node', fact.node);
    const where = { condition: EXPIRING, anchor: object };
    if (fact.type === 'subscription.active') return { recovery: { ...recoveryIn(fact), ...where } };
    const left = numberIn(fact, 'days_left');
    const isInactive = fact.type === 'subscription.inactive';
    if (!isInactive && (left === undefined || left > warn)) return undefined;
    const isCritical = crit !== undefined && left !== undefined && left <= crit;
    const status = textIn(fact, 'status');
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object,
        severity: isCritical ? 'critical' : 'warning',
        title: `Subscription${on(fact)} ${isInactive ? `is ${status ?? 'inactive'}` : `ends in ${left} days`}`,
        ...(left === undefined
          ? {}
          : { why: { rule: 'subscription', value: left, threshold: warn, unit: 'd left' } }),
      },
    };
  },
});
