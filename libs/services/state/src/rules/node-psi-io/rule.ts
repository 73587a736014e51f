import { defineStateRule } from '../rule.ts';

/** How much of the time all work on a node waits for its disks. Known since PVE 9; before, `node-iowait` has to do. */
export const nodePsiIo = defineStateRule({
  name: 'node-psi-io',
  condition: 'node.io.pressure',
  summary: 'All work on a node waits for its disks (PVE 9 and later).',
  entry: 'node',
  unit: '%',
  severities: { warn: 'warning', crit: 'error' },
  defaults: { enabled: true, warn: 10, crit: 30, clear: 7, for: 600, clearFor: 300 },
  read: ({ status, pressureiofull: value }) =>
    status !== 'online' || value === undefined ? undefined : { value: Math.round(value * 10) / 10 },
  tell: ({ node }, { value }) => ({
    title: `Work on ${node} waits for its disks`,
    cause: `all of it, ${value} % of the time`,
  }),
  over: ({ node }) => `Work on ${node} does not wait for its disks any more`,
});
