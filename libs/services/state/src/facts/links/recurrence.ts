import { DAY, numberIn, placeOf, textIn } from '../keys/key.ts';
import { latest, startOf, type Linked, type LinkRule } from './link.ts';

/** Failures in a row are notified of as the 1st, 2nd, 3rd, 48th…: the one before may be days ago. */
const LONGEST_PAUSE_MS = 8 * DAY;

/** A replication job failed once more in a row: its count is higher than that of the failure before. */
export const recurrence: LinkRule = {
  name: 'recurrence',
  relation: 'recurrence-of',
  sources: ['replication.job.failed'],
  targets: ['replication.job.failed'],
  before: LONGEST_PAUSE_MS,
  after: 0,
  lookFrom: spotOf,
  foundAt: spotOf,
  choose(failure, others) {
    const count = numberIn(failure, 'failure_count') ?? 0;
    const [before] = latest(
      others.filter(
        (other) =>
          // A mail may name neither node nor cluster.
          (other.cluster ?? failure.cluster) === (failure.cluster ?? other.cluster) &&
          startOf(other) < startOf(failure) &&
          numberIn(other, 'failure_count') !== undefined,
      ),
    );
    // A lower or equal count means that it went well in between.
    return before !== undefined && (numberIn(before, 'failure_count') ?? 0) < count ? [before] : [];
  },
};

function spotOf(failure: Linked) {
  const [job, count] = [textIn(failure, 'job_id'), numberIn(failure, 'failure_count')];
  return job === undefined || count === undefined ? [] : [{ place: placeOf(job), at: startOf(failure) }];
}
