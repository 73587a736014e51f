import { textIn } from '../../facts/keys/key.ts';
import { objectPath, on, recoveryIn, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const FAILED = 'node.service.failed';

/** Without these the node cannot be managed, or tells nothing of itself any more (HEALTH_RULES). */
const VITAL: ReadonlySet<string> = new Set([
  'pve-cluster.service',
  'corosync.service',
  'pvestatd.service',
  'pveproxy.service',
]);
/** systemd mostly starts it anew and says nothing of that; the list of services tells what does not run. */
const RESTARTED_S = 3_600;

/** A service of a node that failed. */
export const serviceFailed = defineFactRule({
  name: 'service-failed',
  condition: FAILED,
  summary:
    'A service of a node failed: critical for pve-cluster, corosync, pvestatd and pveproxy. What only the log tells of is over after an hour without another failure.',
  types: [FAILED, 'node.service.running'],
  defaults: { enabled: true, for: 30, clearFor: 0 },
  read(fact) {
    const unit = textIn(fact, 'unit');
    // The unit of a guest is the guest's story.
    if (unit === undefined || fact.node === undefined || fact.guest !== undefined) return undefined;
    const object = objectPath('service', fact.node, unit);
    const where = { condition: FAILED, anchor: object };
    if (fact.type !== FAILED) return { recovery: { ...recoveryIn(fact), ...where } };
    const result = textIn(fact, 'result');
    const isListed = textIn(fact, 'state') !== undefined;
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object,
        unless: [{ condition: 'node.state.offline', node: fact.node }],
        severity: VITAL.has(unit) ? 'critical' : 'warning',
        title: `Service ${unit}${on(fact)} failed`,
        ...(result === undefined ? {} : { cause: `systemd says: ${result}` }),
        ...(isListed ? {} : { expiresAfter: RESTARTED_S }),
      },
    };
  },
});
