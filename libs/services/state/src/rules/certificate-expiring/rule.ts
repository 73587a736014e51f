import { numberIn, textIn } from '../../facts/keys/key.ts';
import { objectPath, on, recoveryIn, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const EXPIRING = 'certificate.expiring';

/** A certificate whose renewal did not come: ACME renews thirty days before the end. */
export const certificateExpiring = defineFactRule({
  name: 'certificate-expiring',
  condition: EXPIRING,
  summary: 'A TLS certificate of a node comes to its end, or has.',
  types: [EXPIRING, 'certificate.expired', 'certificate.renewed'],
  unit: 'd left',
  defaults: { enabled: true, warn: 21, crit: 7, for: 0, clearFor: 0 },
  read(fact, { warn, crit }) {
    const filename = textIn(fact, 'filename');
    const left = numberIn(fact, 'days_left');
    if (filename === undefined || left === undefined || fact.node === undefined) return undefined;
    const object = objectPath('certificate', fact.node, filename);
    const where = { condition: EXPIRING, anchor: object };
    const isCritical = crit !== undefined && left <= crit;
    const threshold = isCritical ? crit : warn;
    const isBad = threshold !== undefined && left <= threshold;
    if (fact.type === 'certificate.renewed')
      return isBad ? undefined : { recovery: { ...recoveryIn(fact), ...where } };
    if (!isBad) return undefined;
    const isOver = fact.type === 'certificate.expired';
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object,
        severity: isCritical ? 'critical' : 'warning',
        title: `Certificate ${filename}${on(fact)} ${isOver ? 'has expired' : `expires in ${left} days`}`,
        cause: 'it was not renewed in time: browsers, clients and backups will refuse the connection',
        why: { rule: 'certificate-expiring', value: left, threshold, unit: 'd left' },
      },
    };
  },
});
