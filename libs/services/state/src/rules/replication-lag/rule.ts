import { intervalsSinceRun } from '../job-clock.ts';
import { defineStateRule } from '../rule.ts';

/** A replication that does not run: what fails over has older data than anybody thinks. One that fails is told as that. */
export const replicationLag = defineStateRule({
  name: 'replication-lag',
  condition: 'replication.job.late',
  summary: 'A replication has not run for several of its intervals and does not run now.',
  entry: 'job',
  unit: 'intervals',
  severities: { warn: 'warning', crit: 'error' },
  defaults: { enabled: true, warn: 3, crit: 12, clear: 2, for: 600, clearFor: 0 },
  read(job, { now }) {
    if (job.jobType !== 'replication' || !job.enabled || (job.failCount ?? 0) > 0) return undefined;
    if (job.running === true) return undefined;
    const value = intervalsSinceRun(job, now);
    return value === undefined ? undefined : { value };
  },
  tell: ({ jobId, lastRun = 0 }, { value }) => ({
    title: `Replication ${jobId} is late`,
    cause: `its last run was at ${new Date(lastRun * 1_000).toISOString()}, ${value} intervals ago`,
  }),
  over: ({ jobId }) => `Replication ${jobId} runs again`,
});
