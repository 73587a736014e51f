import { numberIn, textIn } from '../../facts/keys/key.ts';
import { objectPath, on, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const FAILED = 'auth.login.failed';
const WINDOW_S = 600;

/** Somebody tries passwords. Machines that face the internet see it all day, so it is told only where somebody asks for it. */
export const authFailures = defineFactRule({
  name: 'auth-failures',
  condition: FAILED,
  summary: 'Many logins from one address fail on a node within ten minutes. Over after an hour without.',
  types: [FAILED, 'auth.ssh.failed'],
  unit: 'in 10 min',
  defaults: { enabled: false, warn: 20, for: 0, clearFor: 0 },
  read(fact, { warn = 20, crit }, context) {
    const rhost = textIn(fact, 'rhost');
    if (rhost === undefined) return undefined;
    const count = context
      .lately(WINDOW_S)
      .filter((one) => textIn(one, 'rhost') === rhost)
      .reduce((sum, one) => sum + (numberIn(one, 'count') ?? 1), 0);
    const isCritical = crit !== undefined && count >= crit;
    if (count < warn && !isCritical) return undefined;
    const object = objectPath('login', rhost);
    return {
      trouble: {
        ...troubleIn(fact),
        condition: FAILED,
        anchor: object,
        object,
        severity: isCritical ? 'critical' : 'warning',
        title: `Many failed logins from ${rhost}${on(fact)}`,
        cause: `${count} logins from ${rhost} failed in ten minutes`,
        why: { rule: 'auth-failures', value: count, threshold: isCritical ? crit : warn, unit: 'in 10 min' },
        isGrowing: true,
        expiresAfter: 3_600,
      },
    };
  },
});
