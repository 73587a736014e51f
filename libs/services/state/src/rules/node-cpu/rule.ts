import { percentOf } from '../percent.ts';
import { defineStateRule } from '../rule.ts';

/** Less waiting for a processor than this, in percent of the time, and the work gets done. */
const LEAST_PRESSURE = 20;

/** A node that computes all it can: guests wait for each other. It costs speed, not data: nobody is woken for it. */
export const nodeCpu = defineStateRule({
  name: 'node-cpu',
  condition: 'node.cpu.high',
  summary: `The processors of a node are busy all the time and, since PVE 9, work waits for them ${LEAST_PRESSURE} % of it.`,
  entry: 'node',
  unit: '%',
  severities: { warn: 'warning', crit: 'error' },
  defaults: { enabled: true, warn: 85, crit: 95, clear: 80, for: 600, clearFor: 300 },
  read({ status, cpu, pressurecpusome }) {
    const value = status === 'online' ? percentOf(cpu, 1) : undefined;
    if (value === undefined) return undefined;
    const source = pressurecpusome === undefined ? 'cluster/resources' : 'cluster/resources and pressure';
    const isIdle = pressurecpusome !== undefined && pressurecpusome < LEAST_PRESSURE;
    return isIdle ? { value, source, level: 'ok' } : { value, source };
  },
  tell: ({ node, maxcpu }, { value }) => ({
    title: `Processors of ${node} are busy`,
    cause: `${value} % of ${maxcpu === undefined ? 'its processors' : `${maxcpu} processors`} for ten minutes and more`,
  }),
  over: ({ node }) => `Processors of ${node} have room again`,
});
