import { percentOf } from '../percent.ts';
import { defineStateRule } from '../rule.ts';

/** How much of their time the processors of a node wait for its disks: what PVE 8 has instead of pressures. */
export const nodeIowait = defineStateRule({
  name: 'node-iowait',
  condition: 'node.io.pressure',
  summary: 'The processors of a node wait for its disks (PVE 8, which has no pressures).',
  entry: 'node',
  unit: '%',
  severities: { warn: 'warning', crit: 'error' },
  defaults: { enabled: true, warn: 20, crit: 40, clear: 15, for: 600, clearFor: 300 },
  read({ status, iowait, pressureiofull }) {
    const value = status === 'online' && pressureiofull === undefined ? percentOf(iowait, 1) : undefined;
    return value === undefined ? undefined : { value };
  },
  tell: ({ node }, { value }) => ({
    title: `Work on ${node} waits for its disks`,
    cause: `its processors wait ${value} % of the time`,
  }),
  over: ({ node }) => `Work on ${node} does not wait for its disks any more`,
});
