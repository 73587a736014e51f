import { intervalsSinceRun } from '../job-clock.ts';
import { defineStateRule } from '../rule.ts';

/** A sync or prune job that its server does not start any more. */
export const pbsJobOverdue = defineStateRule({
  name: 'pbs-job-overdue',
  condition: 'backup.job.overdue',
  summary: 'A sync or prune job of a PBS has missed a run.',
  entry: 'job',
  unit: 'intervals',
  severities: { warn: 'warning', crit: 'error' },
  defaults: { enabled: true, warn: 2, crit: 7, clear: 1.2, for: 1_800, clearFor: 0 },
  read(job, { now }) {
    if (!job.enabled || (job.jobType !== 'sync' && job.jobType !== 'prune')) return undefined;
    const value = intervalsSinceRun(job, now);
    return value === undefined ? undefined : { value };
  },
  tell: ({ jobType, jobId, lastRun = 0 }, { value }) => ({
    title: `${jobType === 'sync' ? 'Sync' : 'Prune'} job ${jobId} is overdue`,
    cause: `its last run ended at ${new Date(lastRun * 1_000).toISOString()}, ${value} intervals ago`,
  }),
  over: ({ jobId }) => `Job ${jobId} runs again`,
});
