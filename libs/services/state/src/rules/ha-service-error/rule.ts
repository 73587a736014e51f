import { textIn } from '../../facts/keys/key.ts';
import { detailIn, objectPath, recoveryIn, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const ERROR = 'ha.service.error';

/** A service that HA has given up on: it stays as it is until somebody disables and enables it. */
export const haServiceError = defineFactRule({
  name: 'ha-service-error',
  condition: ERROR,
  summary: 'An HA service is in state error.',
  types: [ERROR, 'ha.service.cleared', 'ha.service.recovered'],
  defaults: { enabled: true, for: 0, clearFor: 0 },
  read(fact) {
    const sid = textIn(fact, 'sid');
    if (sid === undefined) return undefined;
    const object = objectPath('ha', sid);
    const where = { condition: ERROR, anchor: object };
    if (fact.type === 'ha.service.cleared') return { recovery: { ...recoveryIn(fact), ...where } };
    if (fact.type === 'ha.service.recovered') {
      // HA did its work: part of the story of the node that was lost.
      const from = textIn(fact, 'from_node');
      return from === undefined
        ? undefined
        : { detail: { ...detailIn(fact), condition: 'node.state.offline', anchor: from } };
    }
    const nodes = fact.facts['failed_nodes'];
    const tried =
      Array.isArray(nodes) && nodes.length > 0 ? `; it failed on ${nodes.slice(0, 10).join(', ')}` : '';
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object,
        severity: 'critical',
        title: `HA service ${sid} is in state error`,
        cause: `HA has given up on ${sid} and leaves it alone until it is disabled and enabled again${tried}`,
      },
    };
  },
});
