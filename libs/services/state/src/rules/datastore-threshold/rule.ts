import { numberIn, textIn } from '../../facts/keys/key.ts';
import { objectPath, on, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const EXCEEDED = 'datastore.threshold.exceeded';

/** A counter of a datastore passed the limit that somebody set for it in PBS. */
export const datastoreThreshold = defineFactRule({
  name: 'datastore-threshold',
  condition: EXCEEDED,
  summary:
    'A PBS notifies that a datastore passed one of its own thresholds. Over after a day without another word.',
  types: [EXCEEDED],
  defaults: { enabled: true, for: 0, clearFor: 0 },
  read(fact) {
    const { storage } = fact;
    if (storage === undefined) return undefined;
    const threshold = textIn(fact, 'threshold') ?? 'threshold';
    const [value, limit] = [numberIn(fact, 'value'), numberIn(fact, 'limit')];
    const object = objectPath('datastore', storage, threshold);
    return {
      trouble: {
        ...troubleIn(fact),
        condition: EXCEEDED,
        anchor: object,
        object,
        severity: 'warning',
        title: `Datastore ${storage}${on(fact)} exceeded its ${threshold} threshold`,
        expiresAfter: 86_400,
        why: {
          rule: 'datastore-threshold',
          ...(value === undefined ? {} : { value }),
          ...(limit === undefined ? {} : { threshold: limit }),
        },
      },
    };
  },
});
