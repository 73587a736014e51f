import { defineStateRule } from '../rule.ts';

/** A backup job that backs nothing up: for those who want to hear of it. */
export const backupJobConfig = defineStateRule({
  name: 'backup-job-config',
  condition: 'backup.job.idle',
  summary: 'A backup job is disabled or has no schedule.',
  entry: 'job',
  severities: { warn: 'info', crit: 'info' },
  defaults: { enabled: false, for: 3_600, clearFor: 0 },
  read({ jobType, enabled, schedule }) {
    if (jobType !== 'backup') return undefined;
    if (!enabled) return { value: 'disabled', level: 'warn' };
    return schedule === undefined ? { value: 'without schedule', level: 'warn' } : { level: 'ok' };
  },
  tell: ({ jobId }, { value }) => ({ title: `Backup job ${jobId} never runs`, cause: `it is ${value}` }),
  over: ({ jobId }) => `Backup job ${jobId} is planned`,
});
