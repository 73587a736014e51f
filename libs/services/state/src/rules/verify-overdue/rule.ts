import { daysOverdue } from '../job-clock.ts';
import { defineStateRule } from '../rule.ts';

/** What was not verified for long may have rotted unseen. */
export const verifyOverdue = defineStateRule({
  name: 'verify-overdue',
  condition: 'backup.verify.overdue',
  summary: 'A verify job has not run for long and is not planned for later.',
  entry: 'job',
  unit: 'd',
  defaults: { enabled: true, warn: 30, for: 1_800, clearFor: 0 },
  read(job, { now }) {
    const value = job.jobType === 'verify' && job.enabled ? daysOverdue(job, now) : undefined;
    return value === undefined ? undefined : { value };
  },
  tell: ({ jobId, storage }, { value }) => ({
    title: `Verification of ${storage ?? jobId} is overdue`,
    cause: `the last run of ${jobId} was ${value} days ago`,
  }),
  over: ({ storage, jobId }) => `Verification of ${storage ?? jobId} has run`,
});
