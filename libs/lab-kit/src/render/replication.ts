import { localStamp } from './units.ts';

/** A replication run that failed. Times in epoch seconds, 0 is never. */
export interface ReplicationFailure {
  readonly id: string;
  readonly target: string;
  readonly schedule: string;
  readonly lastSync: number;
  readonly failCount: number;
  readonly error: string;
}

/** Subject and text part of the `replication` template. The next try always renders as ERROR: it is not in the data. */
export function renderReplication(failure: ReplicationFailure): { title: string; body: string } {
  const stuck =
    failure.failCount === 3
      ? ['Note: The system  will now reduce the frequency of error reports, as the job appears to be stuck.']
      : [];
  const body = [
    `Replication job '${failure.id}' with target '${failure.target}' and schedule '${failure.schedule}' failed!`,
    '',
    `Last successful sync: ${localStamp(failure.lastSync * 1000)}`,
    'Next sync try: ERROR',
    `Failure count: ${failure.failCount}`,
    ...stuck,
    '',
    'Error:',
    failure.error,
    '',
  ].join('\n');
  return { title: `Replication Job: '${failure.id}' failed `, body };
}
