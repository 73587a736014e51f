import { defineStateRule } from '../rule.ts';

/**
 * Runs of a replication that failed in a row. The first failure is told as a fact, where somebody saw it happen: it is the same
 * incident, which gets worse here, and one that was failing before anybody looked.
 */
export const replicationFailing = defineStateRule({
  name: 'replication-failing',
  condition: 'replication.job.failed',
  summary: 'A replication fails, run after run.',
  entry: 'job',
  unit: 'runs',
  defaults: { enabled: true, warn: 1, crit: 3, for: 0, clearFor: 0 },
  incident: ({ jobId, node }) => ({
    family: 'replication.job',
    anchor: jobId,
    object: `node/${node ?? ''}/job/${jobId}`,
  }),
  read: ({ jobType, enabled, failCount }) =>
    jobType !== 'replication' || !enabled || failCount === undefined ? undefined : { value: failCount },
  tell: ({ jobId, error }, { value }) => ({
    title: `Replication ${jobId} failed`,
    cause: `${value} runs failed in a row${error === undefined ? '' : `: ${error}`}`,
  }),
  over: ({ jobId }) => `Replication ${jobId} succeeded`,
});
