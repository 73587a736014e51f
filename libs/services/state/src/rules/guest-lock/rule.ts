import type { Fact, GuestState } from '@proxmox-mcp/schemas';
import { guestTitle } from '../guest-title.ts';
import { defineStateRule } from '../rule.ts';

/** Set for as long as somebody wants: a hibernated VM, a container whose disks are mounted at a console. */
const LASTING: ReadonlySet<string> = new Set(['suspended', 'mounted']);

/** A lock that its task left behind: nothing can be done with the guest, not even its backup, until it is taken away. */
export const guestLock = defineStateRule({
  name: 'guest-lock',
  condition: 'guest.lock.stale',
  summary: 'A guest is locked and no task runs that could have locked it.',
  entry: 'guest',
  defaults: { enabled: true, for: 1_800, clearFor: 60 },
  read(guest, { past }) {
    const { lock, status, cluster, node } = guest;
    if (lock === undefined) return status === 'unknown' ? undefined : { level: 'ok' };
    const isExplained =
      LASTING.has(lock) || past.runningOn(cluster, node).some((task) => mayHold(task, guest, lock));
    return { value: lock, level: isExplained ? 'ok' : 'warn' };
  },
  tell: (guest) => ({
    title: `${guestTitle(guest)} is locked (${guest.lock ?? ''}) without a task`,
    cause: `a task ended without removing its lock: ${guest.guestKind === 'lxc' ? 'pct' : 'qm'} unlock ${guest.vmid} as root on ${guest.node}, once nothing runs`,
  }),
  over: (guest) => `${guestTitle(guest)} is not locked any more`,
});

/** A backup's task names one guest or none, and a clone's the guest that is copied. */
function mayHold({ guest, type }: Fact, { vmid }: GuestState, lock: string): boolean {
  if (guest?.vmid === vmid) return true;
  if (lock === 'backup') return type.startsWith('backup.job.');
  return lock === 'clone' && type.startsWith('guest.clone.');
}
