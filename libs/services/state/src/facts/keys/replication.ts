import type { Event } from '@proxmox-mcp/schemas';
import { clusterLabels, splitBy } from '../cluster-labels.ts';
import { runsOf } from '../runs.ts';
import { MINUTE, SECOND, numberIn, textIn, timeOf, type ClusterKey } from './key.ts';

/** Reports of one failure that do not count failures lie this close to each other. */
const SAME_END_MS = 10 * SECOND;

/**
 * One failure of a replication job: its notification and the job's status count failures in a row, its log and the scheduler's line
 * only tell when it ended. A chat's copy names no node and a mail perhaps not even the cluster, so the place is the job alone.
 */
export const replication: ClusterKey = {
  kind: 'cluster',
  name: 'replication',
  types: ['replication.job.failed'],
  reachMs: 2 * MINUTE,
  placeOf: (event) => textIn(event, 'job_id'),
  partition({ events }) {
    const clusters = splitBy(events, clusterLabels(events));
    return clusters.flatMap(failuresOf).map((group) => ({ events: group }));
  },
};

function failuresOf(events: readonly Event[]): Event[][] {
  const isCounted = (event: Event) => numberIn(event, 'failure_count') !== undefined;
  const failures = splitBy(events.filter(isCounted), (event) => String(numberIn(event, 'failure_count')));
  const counted = failures.map((failure) => failure.map(timeOf));
  const loose = events.filter((event) => {
    if (isCounted(event)) return false;
    const away = counted.map((times) => Math.min(...times.map((time) => Math.abs(time - timeOf(event)))));
    const nearest = Math.min(...away);
    if (nearest > SAME_END_MS) return true;
    failures[away.indexOf(nearest)]?.push(event);
    return false;
  });
  return [...failures, ...runsOf(loose, SAME_END_MS)];
}
