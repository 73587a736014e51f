import { daysOverdue } from '../job-clock.ts';
import { defineStateRule } from '../rule.ts';

/** Without garbage collection a datastore only grows, whatever is pruned. */
export const gcOverdue = defineStateRule({
  name: 'gc-overdue',
  condition: 'backup.gc.overdue',
  summary: 'The garbage collection of a datastore has not run for long and is not planned for later.',
  entry: 'job',
  unit: 'd',
  defaults: { enabled: true, warn: 8, for: 1_800, clearFor: 0 },
  read(job, { now }) {
    const value = job.jobType === 'gc' ? daysOverdue(job, now) : undefined;
    return value === undefined ? undefined : { value };
  },
  tell: ({ jobId, schedule }, { value }) => ({
    title: `Garbage collection of ${jobId} is overdue`,
    cause: `its last run was ${value} days ago${schedule === undefined ? ', and it has no schedule' : ''}`,
  }),
  over: ({ jobId }) => `Garbage collection of ${jobId} has run`,
});
