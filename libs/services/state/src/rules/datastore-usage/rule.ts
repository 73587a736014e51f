import { percentOf } from '../percent.ts';
import { defineStateRule } from '../rule.ts';

/** A datastore that fills up: every backup to it fails when it is full, and so does the garbage collection that would help. */
export const datastoreUsage = defineStateRule({
  name: 'datastore-usage',
  condition: 'storage.usage.high',
  summary: 'A PBS datastore is nearly full.',
  entry: 'datastore',
  unit: '%',
  defaults: { enabled: true, warn: 80, crit: 90, clear: 75, for: 120, clearFor: 300 },
  read({ status, used, total }) {
    const value = status === 'available' ? percentOf(used, total) : undefined;
    return value === undefined ? undefined : { value };
  },
  tell: ({ datastore, node }, { value }) => ({
    title: `Datastore ${datastore} on ${node} is nearly full`,
    cause: `${value} % of ${datastore} is used`,
  }),
  over: ({ datastore }) => `Datastore ${datastore} has room again`,
});
