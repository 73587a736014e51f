import { numberIn } from '../../facts/keys/key.ts';
import { objectPath, on, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const SLOW = 'node.statd.slow';

/** pvestatd takes long for its round: a storage or guest that hangs holds it up, and all numbers of the node are old. */
export const statdSlow = defineFactRule({
  name: 'statd-slow',
  condition: SLOW,
  summary: 'Status collection of a node has been slow for a while. Over after a quarter of an hour without.',
  types: [SLOW],
  unit: 'min',
  defaults: { enabled: true, warn: 10, for: 0, clearFor: 0 },
  read(fact, { warn = 10, crit }) {
    if (fact.node === undefined) return undefined;
    const trouble = troubleIn(fact);
    const minutes = Math.round((Date.parse(trouble.lastAt ?? trouble.at) - Date.parse(trouble.at)) / 60_000);
    const isCritical = crit !== undefined && minutes >= crit;
    if (minutes < warn && !isCritical) return undefined;
    const object = objectPath('node', fact.node);
    return {
      trouble: {
        ...trouble,
        condition: SLOW,
        anchor: object,
        object,
        severity: isCritical ? 'critical' : 'warning',
        title: `Status collection${on(fact)} is slow`,
        cause: `pvestatd took ${numberIn(fact, 'seconds') ?? 'many'} s for its round, for ${minutes} minutes now: a storage or guest holds it up`,
        why: { rule: 'statd-slow', value: minutes, threshold: isCritical ? crit : warn, unit: 'min' },
        isGrowing: true,
        expiresAfter: 900,
      },
    };
  },
});
