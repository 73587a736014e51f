import type { Severity } from '@proxmox-mcp/schemas';
import { textIn } from '../../facts/keys/key.ts';
import { objectPath, on, recoveryIn, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const KILLED = 'guest.oom.killed';
const SEVERITIES: Readonly<Record<string, Severity>> = {
  [KILLED]: 'critical',
  'node.oom.process_killed': 'error',
  'guest.oom.process_killed': 'warning',
};

/** The kernel killed for memory: a whole VM, a process of the host, or one inside a container. */
export const oomKilled = defineFactRule({
  name: 'oom-killed',
  condition: KILLED,
  summary:
    'The kernel killed a VM, a process of a node or a process in a container for lack of memory. Over when the guest runs again, or after a day.',
  types: [KILLED, 'guest.oom.process_killed', 'node.oom.process_killed', 'guest.state.running'],
  defaults: { enabled: true, for: 0, clearFor: 0 },
  read(fact) {
    const { guest, node } = fact;
    const object = guest === undefined ? node && objectPath('node', node) : `guest/${guest.vmid}`;
    if (object === undefined) return undefined;
    const where = { condition: KILLED, anchor: object };
    const severity = SEVERITIES[fact.type];
    if (severity === undefined) return { recovery: { ...recoveryIn(fact), ...where } };
    const who = guest === undefined ? `Node ${node ?? ''}` : `Guest ${guest.vmid}`;
    const process = textIn(fact, 'process');
    const what =
      fact.type === KILLED ? 'was killed' : `lost a process${process === undefined ? '' : ` (${process})`}`;
    return {
      trouble: {
        ...troubleIn(fact),
        ...where,
        object,
        severity,
        title: `${who} ${what} for lack of memory${guest === undefined ? '' : on(fact)}`,
        cause:
          fact.facts['global_oom'] === true || guest === undefined
            ? 'the node had no memory left'
            : 'the guest reached the limit of its memory',
        expiresAfter: 86_400,
      },
    };
  },
});
