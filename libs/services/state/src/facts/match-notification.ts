import type { Event, Fact } from '@proxmox-mcp/schemas';
import { partsOf } from './identity.ts';

/** How far apart, in milliseconds, a backup notification and the end of its task are looked for in each other's neighbourhood. */
export const NEIGHBOURHOOD_MS = 45_000;

/**
 * The notification is sent inside the worker just before its end; the list's end time can be up to 10 s late, a channel's own
 * stamp up to 30 s.
 */
const WINDOW_MS = 31_000;

/** Whether the event is a notification of a PVE backup job: it names node and guests, but no task (PROXMOX §G.5, T3). */
export function isBackupNotification(event: Event): boolean {
  return (
    event.upid === undefined &&
    event.product === 'pve' &&
    event.node !== undefined &&
    event.facts['notification_type'] === 'vzdump' &&
    partsOf(event.type).family === 'backup.job'
  );
}

/** Whether the fact is an ended PVE backup task. */
export function isEndedBackupTask(fact: Fact): boolean {
  return fact.upid !== undefined && fact.endedAt !== undefined && partsOf(fact.type).family === 'backup.job';
}

/**
 * Finds each notification's task among all backup tasks that ended on the node near it. A function of the whole neighbourhood, so
 * the order of arrival makes no difference: it is asked again when a task, its guests or a notification come to be known, and
 * may then answer differently. Time alone decides only where it leaves a single candidate.
 *
 * @param tasks made of the tasks' own reports only: what a notification brought must not speak for it.
 * @returns notification id → UPID; without an entry the notification stays a fact of its own.
 */
export function matchNotifications(
  notifications: readonly Event[],
  tasks: readonly Fact[],
): Map<string, string> {
  const matches = new Map<string, string>();
  for (const notification of notifications) {
    const candidates = tasks.filter((task) => mayBeOf(notification, task));
    const exact = candidates.filter((task) => sameGuests(notification, task) === true);
    const chosen =
      exact.length > 0 ? exact : candidates.filter((task) => sameGuests(notification, task) === undefined);
    const [task] = chosen;
    if (chosen.length === 1 && task?.upid !== undefined) matches.set(notification.id, task.upid);
  }
  return matches;
}

function mayBeOf(notification: Event, task: Fact): boolean {
  if (task.upid === undefined || task.endedAt === undefined || task.node !== notification.node) return false;
  const { cluster } = notification;
  if (cluster !== undefined && task.cluster !== undefined && cluster !== task.cluster) return false;
  if (Math.abs(Date.parse(task.endedAt) - Date.parse(notification.occurredAt)) > WINDOW_MS) return false;
  const said = partsOf(notification.type).outcome;
  const ended = partsOf(task.type).outcome;
  const wentWell = ended === 'succeeded' || ended === 'warned';
  return said === 'failed' ? !wentWell : wentWell;
}

/** `undefined`: one of the two does not tell. */
function sameGuests(notification: Event, task: Fact): boolean | undefined {
  const table = vmidsOf(notification.facts['guests']);
  const log = vmidsOf(task.facts['guests']) ?? idOf(task);
  if (table === undefined || log === undefined) return undefined;
  return table.length === log.length && table.every((vmid, index) => vmid === log[index]);
}

function idOf(task: Fact): number[] | undefined {
  const id = task.facts['task_id'];
  return typeof id === 'string' && /^\d{1,9}$/.test(id) ? [Number(id)] : undefined;
}

function vmidsOf(guests: unknown): number[] | undefined {
  if (!Array.isArray(guests) || guests.length === 0) return undefined;
  const vmids = guests
    .map((guest: { vmid?: unknown }) => guest.vmid)
    .filter((vmid) => typeof vmid === 'number');
  return vmids.sort((a, b) => a - b);
}
