import { defineStateRule } from '../rule.ts';

/** A datastore that its PBS cannot use: backups to it fail. Why is in the error of the PBS. */
export const datastoreUnavailable = defineStateRule({
  name: 'datastore-unavailable',
  condition: 'datastore.state.unavailable',
  summary: 'A PBS datastore cannot be used.',
  entry: 'datastore',
  severities: { warn: 'error', crit: 'critical' },
  defaults: { enabled: true, for: 120, clearFor: 0 },
  read({ status, error }) {
    if (status === 'available') return { level: 'ok' };
    // Somebody put it there, and knows.
    if (error !== undefined && /\bmaintenance\b/i.test(error)) return undefined;
    return { level: 'warn', ...(error === undefined ? {} : { value: error.slice(0, 300) }) };
  },
  tell: ({ datastore, node }, { value }) => ({
    title: `Datastore ${datastore} of ${node} is unavailable`,
    ...(value === undefined ? {} : { cause: `${datastore} cannot be used: ${value}` }),
  }),
  over: ({ datastore }) => `Datastore ${datastore} is available again`,
});
