import { textIn } from '../../facts/keys/key.ts';
import { objectPath, recoveryIn, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const RAISED = 'ceph.check.raised';

/** What Ceph itself says is wrong, one incident for each of its checks. Muted checks are not reported. */
export const cephHealth = defineFactRule({
  name: 'ceph-health',
  condition: RAISED,
  summary:
    'A health check of Ceph is raised: critical at once where Ceph calls it an error, else a warning once it has lasted.',
  types: [RAISED, 'ceph.check.cleared'],
  // Ceph heals itself while a node restarts; the next poll shows whether it did.
  defaults: { enabled: true, for: 300, clearFor: 0 },
  read(fact) {
    const check = textIn(fact, 'check');
    if (check === undefined) return undefined;
    const object = objectPath('ceph', textIn(fact, 'fsid'), check);
    const where = { condition: RAISED, anchor: object };
    if (fact.type !== RAISED) return { recovery: { ...recoveryIn(fact), ...where } };
    const isError = textIn(fact, 'status') === 'HEALTH_ERR';
    const message = textIn(fact, 'message');
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object,
        severity: isError ? 'critical' : 'warning',
        title: `Ceph: ${check}`,
        ...(message === undefined ? {} : { cause: message.slice(0, 500) }),
        ...(isError ? { holdsFor: 0 } : {}),
      },
    };
  },
});
