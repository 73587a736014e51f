import { rb01NodeOffline } from './rb-01-node-offline/runbook.ts';
import { rb32BackupFailed } from './rb-32-backup-failed/runbook.ts';
import { defineRunbook, type Runbook } from './runbook.ts';

/** Every runbook; the first that names an incident's condition runs. */
export const RUNBOOKS: readonly Runbook[] = [defineRunbook(rb01NodeOffline), defineRunbook(rb32BackupFailed)];

/** The runbook for a condition, `undefined` when there is none. */
export function runbookFor(condition: string): Runbook | undefined {
  return RUNBOOKS.find((runbook) => runbook.conditions.includes(condition));
}
