import { objectPath, recoveryIn, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const UNKNOWN = 'node.state.unknown';

/**
 * A node that is in the cluster and has told nothing of itself for five minutes: pvestatd hangs, mostly on a storage. Its guests and
 * storages are `unknown` then as well, which is no news of them.
 */
export const nodeUnknown = defineFactRule({
  name: 'node-unknown',
  condition: UNKNOWN,
  summary: 'A node is in its cluster and tells nothing of itself: its pvestatd hangs or is stopped.',
  types: [UNKNOWN, 'node.state.online', 'node.state.offline'],
  // A node that has just started takes a moment until it tells.
  defaults: { enabled: true, for: 120, clearFor: 0 },
  read(fact) {
    if (fact.node === undefined) return undefined;
    const object = objectPath('node', fact.node);
    const where = { condition: UNKNOWN, anchor: object };
    if (fact.type !== UNKNOWN) return { recovery: { ...recoveryIn(fact), ...where } };
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object,
        unless: [{ condition: 'node.state.offline' }],
        severity: 'warning',
        title: `Node ${fact.node} tells nothing of itself`,
        cause:
          'its pvestatd has not reported for five minutes: what is shown of its guests and storages is old',
      },
    };
  },
});
