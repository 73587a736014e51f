import { guestTitle } from '../guest-title.ts';
import { percentOf } from '../percent.ts';
import { defineStateRule } from '../rule.ts';

/**
 * Memory of a container, which its control group counts. A VM without balloon statistics shows all it ever touched, which is 100 % for
 * good: nothing is said of VMs.
 */
export const guestMemory = defineStateRule({
  name: 'guest-memory',
  condition: 'guest.memory.high',
  summary: 'The memory of a running container is nearly used up.',
  entry: 'guest',
  unit: '%',
  severities: { warn: 'notice', crit: 'warning' },
  defaults: { enabled: false, warn: 90, crit: 97, clear: 85, for: 900, clearFor: 300 },
  read({ guestKind, status, template, mem, maxmem }) {
    if (guestKind !== 'lxc' || status !== 'running' || template) return undefined;
    const value = percentOf(mem, maxmem);
    return value === undefined ? undefined : { value, source: 'its control group' };
  },
  tell: (guest, { value }) => ({
    title: `Memory of ${guestTitle(guest)} is nearly used up`,
    cause: `${value} % of it is in use`,
  }),
  over: (guest) => `${guestTitle(guest)} has memory again`,
});
