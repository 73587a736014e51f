import { partsOf, guestPartId } from '../identity.ts';
import { HOUR, SECOND, numberIn, placeOf, timeOf, typesOf, type AttachKey } from './key.ts';

/** Seconds the clocks of line and UPID may differ, and that a line may trail the end of its task. */
const SLACK_MS = 5 * SECOND;

/** Longest a task is taken to run: a backup of many guests. Bounds where its lines are looked for. */
export const LONGEST_RUN_MS = 48 * HOUR;

/**
 * Lines that a task's own worker wrote: they have the worker's pid and no UPID (PROXMOX §G.5, T2). Pids come back after a while, so
 * the time must fit too: of the tasks of that pid the last that had begun, unless it had ended before.
 */
export const workerLines: AttachKey = {
  kind: 'attach',
  name: 'worker',
  types: [...typesOf('backup.guest'), ...typesOf('backup.job'), 'task.error.logged'],
  reachMs: { before: SLACK_MS, after: LONGEST_RUN_MS },
  placeOf(event) {
    const pid = numberIn(event, 'worker_pid');
    if (event.node === undefined || pid === undefined || event.product !== 'pve') return undefined;
    // Which guest a line is of decides where it belongs; one that does not say is no line of a backup.
    if (isGuestLine(event.type) && event.guest === undefined) return undefined;
    return placeOf(event.node, pid);
  },
  spotOf: (parts) =>
    parts.product === 'pve'
      ? { place: placeOf(parts.node, parts.pid), at: parts.starttime * SECOND }
      : undefined,
  // When a task ended bounds what is its own.
  heeds: () => true,
  choose(event, tasks) {
    const at = timeOf(event);
    const fitting = tasks.filter(({ parts, startedAt, endedAt }) => {
      if (event.type.startsWith('backup.') && parts.type !== 'vzdump') return false;
      return startedAt - SLACK_MS <= at && at <= (endedAt ?? startedAt + LONGEST_RUN_MS) + SLACK_MS;
    });
    return fitting.sort((a, b) => b.startedAt - a.startedAt || (a.upid < b.upid ? -1 : 1))[0];
  },
  homeOf: ({ type, guest }, upid) =>
    isGuestLine(type) && guest !== undefined ? guestPartId(upid, guest.vmid) : upid,
};

const isGuestLine = (type: string) => partsOf(type).family === 'backup.guest';
