import type { Event, Fact } from '@proxmox-mcp/schemas';
import { partsOf } from './identity.ts';

/** The notification is sent inside the worker; its stamp may lie this far from the task's end (PROXMOX §G.5, T3). */
export const PBS_WINDOW_MS = 45_000;

/** What PBS notifies of, and the log lines of its daemon may be the last word of. */
export const PBS_FAMILIES: readonly string[] = [
  'backup.gc',
  'backup.verify',
  'backup.prune',
  'backup.sync',
  'backup.snapshot',
  'backup.read',
  'tape.backup',
  'task',
];

/** Texts that only one kind of task ends with: such a line needs no error in the report it belongs to. */
const TELLING: readonly (readonly [RegExp, string])[] = [
  [/^verification failed\b/, 'backup.verify'],
  [/^sync failed\b/, 'backup.sync'],
];

/** Whether the event is a PBS notification of a job: it names datastore and job, but mostly no task. */
export function isPbsNotification(event: Event): boolean {
  return (
    event.product === 'pbs' &&
    event.upid === undefined &&
    event.node !== undefined &&
    typeof event.facts['notification_type'] === 'string' &&
    PBS_FAMILIES.includes(partsOf(event.type).family)
  );
}

/** A line of the daemon about a task it does not name: `TASK ERROR: …` (PROXMOX §D.2). */
export function isNamelessError(event: Event | Fact): boolean {
  return (
    event.type === 'task.failed' &&
    event.product === 'pbs' &&
    event.upid === undefined &&
    event.facts['task_type'] === undefined
  );
}

/** Finds the task a notification tells of: same datastore, same job, same result, near in time, and the only one that is. */
export function matchPbsNotification(notification: Event, tasks: readonly Fact[]): string | undefined {
  const candidates = tasks.filter((task) => mayBeOf(notification, task));
  const named = candidates.filter((task) => task.facts['job_id'] !== undefined);
  const exact = named.filter((task) => task.facts['job_id'] === notification.facts['job_id']);
  const chosen = exact.length > 0 ? exact : candidates;
  return chosen.length === 1 ? chosen[0]?.upid : undefined;
}

function mayBeOf(notification: Event, task: Fact): boolean {
  if (task.upid === undefined || task.endedAt === undefined || task.node !== notification.node) return false;
  if (notification.storage !== task.storage) return false;
  const [job, other] = [notification.facts['job_id'], task.facts['job_id']];
  if (job !== undefined && other !== undefined && job !== other) return false;
  if (Math.abs(Date.parse(task.endedAt) - Date.parse(notification.occurredAt)) > PBS_WINDOW_MS) return false;
  const [said, ended] = [partsOf(notification.type), partsOf(task.type)];
  return said.family === ended.family && (said.outcome === 'failed') === (ended.outcome === 'failed');
}

/** Whether a nameless error is the last word of what a report tells of. The caller sees to node and time. */
export function isErrorOf(line: Event, report: Event | Fact): boolean {
  const text = line.facts['error'];
  if (typeof text !== 'string' || partsOf(report.type).outcome !== 'failed') return false;
  const error = report.facts['error'] ?? report.status;
  if (typeof error === 'string') return error === text;
  const { family } = partsOf(report.type);
  return TELLING.some(([pattern, of]) => of === family && pattern.test(text));
}
