import type { Runbook } from '../runbook.ts';
import { collect } from './collect.ts';
import type { BackupFailedEvidence } from './evidence.ts';
import { rules } from './rules.ts';

/** RB-32: a backup failed. */
export const rb32BackupFailed: Runbook<BackupFailedEvidence> = {
  id: 'rb-32',
  title: 'Backup failed',
  conditions: ['backup.job.failed'],
  doc: `
Looks at: the stored reports of the run, its task log (by UPID; without one, the newest failed backup of the node at that time), the
storages of the node, and the guests as they are now.

Concludes for each kind of error which guests it hit and on which storage: storage not available · no space · guest locked · lock of
the node · concurrent work on the group · guest or agent silent · access refused · read or write error · connection broken · guest moved.
An error no pattern knows is quoted as it is, with low confidence.

Needs Sys.Audit on the node and Datastore.Audit on the storage. Changes nothing.
`.trim(),
  collect,
  rules,
};
