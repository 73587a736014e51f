import { defineStateRule } from '../rule.ts';

/** A node that somebody has put into maintenance, and may forget there. */
export const haMaintenance = defineStateRule({
  name: 'ha-maintenance',
  condition: 'ha.node.maintenance',
  summary: 'A node is in HA maintenance mode.',
  entry: 'node',
  severities: { warn: 'info', crit: 'info' },
  defaults: { enabled: false, for: 300, clearFor: 60 },
  read: ({ status, hastate }) =>
    status !== 'online' || hastate === undefined
      ? undefined
      : { value: hastate, level: hastate === 'maintenance' ? 'warn' : 'ok' },
  tell: ({ node }) => ({
    title: `Node ${node} is in HA maintenance mode`,
    cause: 'HA runs nothing on it until somebody ends it',
  }),
  over: ({ node }) => `Node ${node} is out of HA maintenance mode`,
});
