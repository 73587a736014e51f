import { textIn } from '../../facts/keys/key.ts';
import { objectPath, on, recoveryIn, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const FAILED = 'certificate.renewal.failed';

/** ACME could not renew a certificate. It tries again every day, and says so again. */
export const certificateRenewal = defineFactRule({
  name: 'certificate-renewal',
  condition: FAILED,
  summary:
    'A certificate could not be renewed. Over with a new certificate, or after three days without another failure.',
  types: [FAILED, 'certificate.renewed'],
  defaults: { enabled: true, for: 0, clearFor: 0 },
  read(fact) {
    if (fact.node === undefined) return undefined;
    const object = objectPath('certificate', fact.node);
    const where = { condition: FAILED, anchor: object };
    if (fact.type !== FAILED) return { recovery: { ...recoveryIn(fact), ...where } };
    const error = textIn(fact, 'error');
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object,
        severity: 'error',
        title: `Certificate${on(fact)} could not be renewed`,
        ...(error === undefined ? {} : { cause: error.slice(0, 500) }),
        expiresAfter: 3 * 86_400,
      },
    };
  },
});
