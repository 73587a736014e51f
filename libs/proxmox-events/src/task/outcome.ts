import type { Outcome } from '../taxonomy.ts';
import { oneLine } from '../text.ts';

/** How a task ended, read from its raw status (PROXMOX §B.2). */
export interface TaskOutcome {
  readonly outcome: Exclude<Outcome, 'started' | 'progress'>;
  /** The status as Proxmox says it: controls removed, one line, bounded. */
  readonly status: string;
  /** `error`, `warnings`, `cancelled`: only those that apply. */
  readonly facts: Readonly<Record<string, unknown>>;
}

const MAX_STATUS = 4_096;

/** Ended because a person or a shutdown wanted it: still failed, but no fault of the task. */
const CANCELLED_WORDS = /\b(?:aborted by user|interrupted by signal)\b/;
const CANCELLED: ReadonlySet<string> = new Set([
  'received interrupt',
  'abort requested - aborting task',
  'task aborted',
  'sync aborted',
  'verification failed - job aborted',
]);

/** Reads the status of an ended task. An empty or missing status says nothing of success: the outcome is `unknown`. */
export function outcomeOf(rawStatus: string | undefined): TaskOutcome {
  const status = oneLine(rawStatus ?? '', MAX_STATUS);
  if (status === 'OK') return { outcome: 'succeeded', status, facts: {} };
  const warnings = /^WARNINGS: (\d{1,9})$/.exec(status);
  if (warnings) return { outcome: 'warned', status, facts: { warnings: Number(warnings[1]) } };
  if (status === '' || status === 'unexpected status' || status === 'unknown')
    return { outcome: 'unknown', status: status || 'unknown', facts: {} };
  const cancelled = CANCELLED.has(status) || CANCELLED_WORDS.test(status);
  return { outcome: 'failed', status, facts: { error: status, ...(cancelled && { cancelled: true }) } };
}
