import { defineStateRule } from '../rule.ts';

const NAMES: Readonly<Record<string, string>> = {
  verify: 'Verify job',
  sync: 'Sync job',
  prune: 'Prune job',
  gc: 'Garbage collection',
};
/** What a verification that found broken chunks ends with; others did not get that far. */
const CORRUPT = /^verification failed/i;

/** A job whose last run failed before anybody looked: nothing but its own state tells of it. */
export const pbsJobFailed = defineStateRule({
  name: 'pbs-job-failed',
  condition: 'backup.job.last_run_failed',
  summary:
    'The last run of a verify, sync, prune or garbage collection job failed, and its task was never seen; critical for corrupt backups.',
  entry: 'job',
  severities: { warn: 'error', crit: 'critical' },
  // The archive of tasks is compared every five minutes: what it tells makes an incident of its own.
  defaults: { enabled: true, for: 900, clearFor: 0 },
  read({ jobType, lastRunState: state, lastRunUpid }, { past }) {
    if (NAMES[jobType] === undefined || state === undefined || state === 'unknown') return undefined;
    if (/^(?:OK|WARNINGS)\b/.test(state)) return { value: state.slice(0, 200), level: 'ok' };
    if (lastRunUpid === undefined || past.isTold(lastRunUpid)) return undefined;
    return { value: state.slice(0, 200), level: CORRUPT.test(state) ? 'crit' : 'warn' };
  },
  tell: ({ jobType, jobId, storage }, { value }) => ({
    title: `${NAMES[jobType] ?? 'Job'} ${jobId} failed`,
    cause: `its last run${storage === undefined ? '' : ` on ${storage}`} ended with: ${value}`,
  }),
  over: ({ jobType, jobId }) => `${NAMES[jobType] ?? 'Job'} ${jobId} succeeded`,
});
