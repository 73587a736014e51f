import type { Severity } from '@proxmox-mcp/schemas';
import { textIn } from '../../facts/keys/key.ts';
import { objectPath, on, recoveryIn, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const FAILED = 'mdraid.device.failed';

/** Events of mdadm(8) that are trouble; of the others, rebuilding says nothing new and a new array is no news. */
const SEVERITIES: Readonly<Record<string, Severity>> = {
  Fail: 'critical',
  DegradedArray: 'critical',
  DeviceDisappeared: 'critical',
  FailSpare: 'warning',
  SparesMissing: 'warning',
};
/** Its daily check repeats what is degraded: two silent days and the array is whole. */
const SILENT_S = 3 * 86_400;

/** A software RAID that lost a device. mdadm reports the end of it to nobody, but the beginning every day. */
export const mdraidDegraded = defineFactRule({
  name: 'mdraid-degraded',
  condition: FAILED,
  summary:
    'A Linux software RAID lost a device. Over when the spare is active, or after three days without a reminder.',
  types: [FAILED],
  defaults: { enabled: true, for: 0, clearFor: 0 },
  read(fact) {
    const array = textIn(fact, 'array');
    const event = textIn(fact, 'event') ?? 'Fail';
    if (array === undefined || fact.node === undefined) return undefined;
    const object = objectPath('mdraid', fact.node, array.slice(array.lastIndexOf('/') + 1));
    const where = { condition: FAILED, anchor: object };
    if (event === 'SpareActive')
      return {
        recovery: { ...recoveryIn(fact), ...where, title: `The spare of ${array}${on(fact)} is active` },
      };
    const severity = Object.hasOwn(SEVERITIES, event) ? SEVERITIES[event] : undefined;
    if (severity === undefined) return undefined;
    const component = textIn(fact, 'component');
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object,
        severity,
        title: `RAID array ${array}${on(fact)} ${severity === 'critical' ? 'is degraded' : 'lacks a spare'}`,
        cause: `mdadm says ${event}${component === undefined ? '' : ` of ${component}`}`,
        expiresAfter: SILENT_S,
      },
    };
  },
});
