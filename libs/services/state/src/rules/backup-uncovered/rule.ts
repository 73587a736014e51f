import type { Fact } from '@proxmox-mcp/schemas';
import { listOf } from '../../incidents/activity.ts';
import { recoveryIn, troubleIn } from '../of-fact.ts';
import { defineFactRule, type Verdict } from '../rule.ts';
import { NO_BACKUP_TAG } from '../settings.ts';

const UNCOVERED = 'guest.backup.uncovered';
/** The poll knows the second one itself. */
const EXEMPT: ReadonlySet<string> = new Set([NO_BACKUP_TAG, 'no-backup']);
/** Where a job that was switched off uncovers many at once, they are one incident. */
const MANY = 'guests';

/** A guest that no backup job covers: found out about when the backup is needed, otherwise. */
export const backupUncovered = defineFactRule({
  name: 'backup-uncovered',
  condition: UNCOVERED,
  summary: `A guest is in no backup job any more, or has come without one. Guests tagged ${[...EXEMPT].join(' or ')} need none.`,
  types: [UNCOVERED, 'guest.backup.covered', 'guest.disappeared'],
  // Who makes a guest puts it into a job by and by, or removes it the same day.
  defaults: { enabled: true, for: 86_400, clearFor: 0 },
  read(fact, _settings, { tags }) {
    const vmids =
      fact.guest === undefined ? listOf(fact.facts['guests']).map(({ vmid }) => vmid) : [fact.guest.vmid];
    if (vmids.length === 0) return undefined;
    if (fact.type !== UNCOVERED) return coveredBy(fact, vmids);
    if (tags.some((tag) => EXEMPT.has(tag))) return undefined;
    const { guest } = fact;
    const count = typeof fact.facts['count'] === 'number' ? fact.facts['count'] : vmids.length;
    const name =
      guest === undefined ? '' : `${guest.vmid}${guest.name === undefined ? '' : ` (${guest.name})`}`;
    return {
      trouble: {
        ...troubleIn(fact),
        condition: UNCOVERED,
        anchor: guest === undefined ? MANY : `guest/${guest.vmid}`,
        object: guest === undefined ? MANY : `guest/${guest.vmid}`,
        ...(guest === undefined ? { seenBy: vmids.map(String) } : {}),
        severity: 'warning',
        title:
          guest === undefined ? `${count} guests are in no backup job` : `Guest ${name} is in no backup job`,
        cause: 'no enabled backup job of the cluster covers it: nothing of it could be restored',
      },
    };
  },
});

/** Ends the guest's own incident, and its part of that of many. */
function coveredBy(fact: Fact, vmids: readonly number[]): Verdict[] {
  const where = { ...recoveryIn(fact), condition: UNCOVERED };
  return [
    ...vmids.map((vmid) => ({ recovery: { ...where, anchor: `guest/${vmid}` } })),
    { recovery: { ...where, anchor: MANY, seenBy: vmids.map(String) } },
  ];
}
