import { percentOf } from '../percent.ts';
import { defineStateRule } from '../rule.ts';
import { guestTitle } from '../guest-title.ts';

/** A guest that computes all it may, for a while: hung, or busy. Only its owner can tell, and not at night. */
export const guestCpu = defineStateRule({
  name: 'guest-cpu',
  condition: 'guest.cpu.high',
  summary: 'The processors of a running guest are busy all the time.',
  entry: 'guest',
  unit: '%',
  severities: { warn: 'notice', crit: 'warning' },
  defaults: { enabled: true, warn: 90, crit: 97, clear: 85, for: 900, clearFor: 300 },
  read({ status, template, cpu }) {
    const value = status === 'running' && !template ? percentOf(cpu, 1) : undefined;
    return value === undefined ? undefined : { value };
  },
  tell: (guest, { value }) => ({
    title: `Processors of ${guestTitle(guest)} are busy`,
    cause: `${value} % of ${guest.maxcpu ?? 'its'} processors for a quarter of an hour and more`,
  }),
  over: (guest) => `Processors of ${guestTitle(guest)} have room again`,
});
