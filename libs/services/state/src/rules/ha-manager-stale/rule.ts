import { textIn } from '../../facts/keys/key.ts';
import { recoveryIn, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const STALE = 'ha.manager.stale';

/** Nobody manages HA: a node that fails now is not recovered. Another node takes the office within two minutes, if it can. */
export const haManagerStale = defineFactRule({
  name: 'ha-manager-stale',
  condition: STALE,
  summary: 'The HA manager does not write its state any more.',
  types: [STALE, 'ha.manager.active'],
  defaults: { enabled: true, for: 180, clearFor: 0 },
  read(fact) {
    const where = { condition: STALE, anchor: 'ha/manager' };
    if (fact.type !== STALE) return { recovery: { ...recoveryIn(fact), ...where } };
    const manager = textIn(fact, 'manager_node');
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object: 'ha/manager',
        severity: 'warning',
        title: `HA manager${manager === undefined ? '' : ` on ${manager}`} is silent`,
        cause: 'pve-ha-crm has not written its state for two minutes: HA would not recover anything now',
      },
    };
  },
});
