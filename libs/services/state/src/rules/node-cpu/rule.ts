import { percentOf } from '../percent.ts';
import { defineStateRule } from '../rule.ts';

/** A node that computes all it can: guests wait for each other. It costs speed, not data: nobody is woken for it. */
export const nodeCpu = defineStateRule({
  name: 'node-cpu',
  condition: 'node.cpu.high',
  summary: 'The processors of a node are busy all the time.',
  entry: 'node',
  unit: '%',
  severities: { warn: 'warning', crit: 'error' },
  defaults: { enabled: true, warn: 85, crit: 95, clear: 80, for: 600, clearFor: 300 },
  read({ status, cpu }) {
    const value = status === 'online' ? percentOf(cpu, 1) : undefined;
    return value === undefined ? undefined : { value, source: 'cluster/resources' };
  },
  tell: ({ node, maxcpu }, { value }) => ({
    title: `Processors of ${node} are busy`,
    cause: `${value} % of ${maxcpu === undefined ? 'its processors' : `${maxcpu} processors`} for ten minutes and more`,
  }),
  over: ({ node }) => `Processors of ${node} have room again`,
});
