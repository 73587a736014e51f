import type { Event } from '@proxmox-mcp/schemas';
import { MINUTE, SECOND, numberIn, placeOf, textIn, timeOf, type ClusterKey } from './key.ts';

/** Reports of one failure that do not count failures lie this close to each other. */
const SAME_END_MS = 10 * SECOND;

/**
 * One failure of a replication job: its notification and the job's status count failures in a row, its log and the scheduler's line
 * only tell when it ended. A chat's copy names no node, so the place is the job within its cluster.
 */
export const replication: ClusterKey = {
  kind: 'cluster',
  name: 'replication',
  types: ['replication.job.failed'],
  reachMs: 2 * MINUTE,
  placeOf(event) {
    const job = textIn(event, 'job_id');
    return job === undefined ? undefined : placeOf(event.cluster, job);
  },
  partition({ events }) {
    const counted = new Map<number, Event[]>();
    const others: Event[] = [];
    for (const event of events) {
      const count = numberIn(event, 'failure_count');
      if (count === undefined) others.push(event);
      else counted.set(count, [...(counted.get(count) ?? []), event]);
    }
    const groups = [...counted.values()];
    const loose: Event[] = [];
    for (const event of others) {
      const [nearest] = groups
        .map((group) => ({ group, away: awayFrom(event, group) }))
        .sort((a, b) => a.away - b.away || timeOf(at(a.group)) - timeOf(at(b.group)));
      if (nearest !== undefined && nearest.away <= SAME_END_MS) nearest.group.push(event);
      else loose.push(event);
    }
    return [...groups, ...runsOf(loose)].map((group) => ({ events: group }));
  },
};

/** Time to the nearest report that counts. */
function awayFrom(event: Event, group: readonly Event[]): number {
  const counts = group.filter((other) => numberIn(other, 'failure_count') !== undefined);
  return Math.min(...counts.map((other) => Math.abs(timeOf(other) - timeOf(event))));
}

// A group has at least the report it was made for.
const at = (group: readonly Event[]) => group[0] as Event;

function runsOf(events: readonly Event[]): Event[][] {
  const runs: Event[][] = [];
  for (const event of events) {
    const last = runs.at(-1);
    const before = last?.at(-1);
    if (last && before && timeOf(event) - timeOf(before) <= SAME_END_MS) last.push(event);
    else runs.push([event]);
  }
  return runs;
}
