import { numberIn } from '../../facts/keys/key.ts';
import { objectPath, on, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const AVAILABLE = 'node.updates.available';

/** Packages that could be upgraded: no problem by itself, so nobody is told unless they ask for it. */
export const updates = defineFactRule({
  name: 'updates',
  condition: AVAILABLE,
  summary: 'A node has package updates. For information; over after a week without others.',
  types: [AVAILABLE],
  unit: 'packages',
  defaults: { enabled: false, warn: 1, for: 0, clearFor: 0 },
  read(fact, { warn = 1 }) {
    const count = numberIn(fact, 'count');
    if (fact.node === undefined || count === undefined || count < warn) return undefined;
    const object = objectPath('node', fact.node);
    return {
      trouble: {
        ...troubleIn(fact),
        condition: AVAILABLE,
        anchor: object,
        object,
        severity: 'info',
        title: `${count} package updates are available${on(fact)}`,
        expiresAfter: 7 * 86_400,
        why: { rule: 'updates', value: count, threshold: warn, unit: 'packages' },
      },
    };
  },
});
