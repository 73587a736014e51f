import { defineStateRule } from '../rule.ts';

/** When a datastore will be full, as the backup server itself reckons from the last month. */
export const datastoreEta = defineStateRule({
  name: 'datastore-eta',
  condition: 'storage.usage.filling',
  summary: 'A PBS datastore will be full soon, as PBS itself estimates.',
  entry: 'datastore',
  unit: 'd',
  worse: 'below',
  defaults: { enabled: true, warn: 14, crit: 3, clear: 28, for: 1_800, clearFor: 3_600 },
  read({ status, estimatedFull }, { now }) {
    // Without an estimate it does not grow, or PBS does not know yet: neither is news.
    if (status !== 'available' || estimatedFull === undefined || estimatedFull <= 0) return undefined;
    return { value: Math.max(0, Math.round(((estimatedFull - now / 1_000) / 86_400) * 10) / 10) };
  },
  tell: ({ datastore, node }, { value }) => ({
    title: `Datastore ${datastore} on ${node} will be full soon`,
    cause: `full in ${value} days at the pace of the last month`,
  }),
  over: ({ datastore }) => `Datastore ${datastore} will last again`,
});
