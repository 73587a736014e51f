import type { Event } from '@proxmox-mcp/schemas';

/** A line of the PBS daemon about a task it does not name: `TASK ERROR: …` (PROXMOX §D.2). */
export function isNamelessError(
  report: Pick<Event, 'type' | 'facts'> & Partial<Pick<Event, 'product' | 'upid'>>,
): boolean {
  return (
    report.type === 'task.failed' &&
    report.product === 'pbs' &&
    report.upid === undefined &&
    report.facts['task_type'] === undefined
  );
}
