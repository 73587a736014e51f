import { percentOf } from '../percent.ts';
import { defineStateRule } from '../rule.ts';

/** How much of the time work on a node waits for memory: it is short of it, whatever is swapped or cached. Known since PVE 9. */
export const nodePsiMemory = defineStateRule({
  name: 'node-psi-memory',
  condition: 'node.memory.pressure',
  summary: 'Work on a node waits for memory (PVE 9 and later).',
  entry: 'node',
  unit: '%',
  severities: { warn: 'warning', crit: 'error' },
  defaults: { enabled: true, warn: 5, crit: 15, clear: 3, for: 600, clearFor: 300 },
  read: ({ status, pressurememorysome: value }) =>
    status !== 'online' || value === undefined ? undefined : { value: Math.round(value * 10) / 10 },
  tell({ node, swapused, swaptotal }, { value }) {
    const swap = percentOf(swapused, swaptotal);
    return {
      title: `Work on ${node} waits for memory`,
      cause: `${value} % of the time${swap === undefined ? '' : `, ${swap} % of swap is used`}`,
    };
  },
  over: ({ node }) => `Work on ${node} does not wait for memory any more`,
});
