import { numberIn, textIn } from '../../facts/keys/key.ts';
import { objectPath, recoveryIn, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const STORM = 'source.storm';

/** A source tells more than is stored: what else it says now may be among what was only counted. */
export const sourceStorm = defineFactRule({
  name: 'source-storm',
  condition: STORM,
  summary: 'A source tells more than is stored; the rest is only counted.',
  types: [STORM],
  defaults: { enabled: true, for: 60, clearFor: 0 },
  read(fact) {
    const source = textIn(fact, 'source');
    if (source === undefined) return undefined;
    const object = objectPath('source', source);
    const where = { condition: STORM, anchor: object };
    // A storm that goes on has no end yet.
    if (fact.endedAt !== undefined) return { recovery: { ...recoveryIn(fact), ...where, at: fact.endedAt } };
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object,
        severity: 'warning',
        title: `${source} tells more than is stored`,
        cause: `${numberIn(fact, 'count') ?? 'many'} events were only counted`,
      },
    };
  },
});
