import { runbookContract } from '../../testing/runbook-cases.ts';
import { rb32BackupFailed } from './runbook.ts';

describe('RB-32 backup failed', () => {
  runbookContract(rb32BackupFailed, import.meta.url);
});
