import type { Event } from '@proxmox-mcp/schemas';
import { splitBy } from '../cluster-labels.ts';
import { runsOf } from '../runs.ts';
import { MINUTE, numberIn, placeOf, textIn, timeOf, type ClusterKey } from './key.ts';

/** Numbers of ZFS events begin anew when the node does. */
const SAME_NUMBER_MS = 10 * MINUTE;

/** Pools are polled every half an hour at most. */
const POLL_MS = 35 * MINUTE;

/**
 * One event of ZFS: zed writes its number into the log and into the mail. A poll knows no number; it sees the same device in the
 * same trouble some time after.
 */
export const zed: ClusterKey = {
  kind: 'cluster',
  name: 'zed',
  types: [
    'zfs.vdev.faulted',
    'zfs.vdev.online',
    'zfs.vdev.checksum_error',
    'zfs.scrub.finished',
    'zfs.data.error',
    'disk.io.error',
  ],
  reachMs: POLL_MS,
  placeOf(event) {
    const pool = textIn(event, 'pool');
    return event.node === undefined || pool === undefined ? undefined : placeOf(event.type, event.node, pool);
  },
  partition({ events }) {
    const numbered = events.filter((event) => numberIn(event, 'eid') !== undefined);
    const groups = splitBy(numbered, (event) => String(numberIn(event, 'eid'))).flatMap((group) =>
      runsOf(group, SAME_NUMBER_MS),
    );
    // Looked for among what zed says, not among polls that have found their place.
    const told = groups.map((group) => [...group]);
    const loose = events.filter((event) => {
      if (numbered.includes(event)) return false;
      const fitting = told.map((group) => group.filter((other) => isSeenBy(event, other)));
      const latest = Math.max(...fitting.flat().map(timeOf));
      const index = fitting.findIndex((group) => group.some((other) => timeOf(other) === latest));
      groups[index]?.push(event);
      return index < 0;
    });
    return [...groups, ...loose.map((event) => [event])].map((group) => ({ events: group }));
  },
};

/** Whether a poll that tells of a device can have seen what zed told of it. */
function isSeenBy(poll: Event, other: Event): boolean {
  const away = timeOf(poll) - timeOf(other);
  const [a, b] = [poll, other].map((event) => textIn(event, 'vdev')?.split('/').at(-1));
  return away >= -MINUTE && away <= POLL_MS && (a === undefined || b === undefined || a === b);
}
