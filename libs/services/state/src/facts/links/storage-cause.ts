import { DAY, HOUR, MINUTE, SECOND, placeOf, textIn } from '../keys/key.ts';
import { endOf, latest, startOf, type Linked, type LinkRule } from './link.ts';

const DOWN: readonly string[] = ['storage.state.unavailable', 'storage.state.unknown'];
const NFS: readonly string[] = ['storage.nfs.timeout'];

/** An outage is taken to last so long after the last word of it, unless it says so again. */
const TRAIL_MS = 6 * MINUTE;
const NFS_TRAIL_MS = HOUR / 2;

/** A job failed because of a storage its node could not reach: it writes there, or its error names it. */
export const storageCause: LinkRule = {
  name: 'storage-cause',
  relation: 'caused-by',
  sources: [
    'backup.job',
    'guest.start',
    'guest.migrate',
    'guest.restore',
    'guest.clone',
    'guest.create',
    'guest.disk.move',
    'guest.snapshot.create',
  ].map((family) => `${family}.failed`),
  targets: DOWN,
  before: DAY,
  after: MINUTE,
  lookFrom: (job) =>
    storagesOf(job).map((sid) => ({ place: placeOf(job.cluster, job.node, sid), at: endOf(job) })),
  foundAt: (outage) => [{ place: placeOf(outage.cluster, outage.node, outage.storage), at: startOf(outage) }],
  choose: (job, outages) => latest(outages.filter((outage) => endOf(outage) + TRAIL_MS >= startOf(job))),
};

/** The server behind a storage does not answer: the inventory knows which it is. */
export const nfsCause: LinkRule = {
  name: 'nfs-cause',
  relation: 'caused-by',
  sources: DOWN,
  targets: NFS,
  before: DAY,
  after: MINUTE,
  lookFrom(outage, topology) {
    const server = topology.storage(outage.cluster, outage.storage)?.server;
    return server === undefined
      ? []
      : [{ place: placeOf(outage.cluster, outage.node, server), at: startOf(outage) }];
  },
  foundAt: (nfs) => [{ place: placeOf(nfs.cluster, nfs.node, textIn(nfs, 'server')), at: startOf(nfs) }],
  choose: (outage, hangs) => latest(hangs.filter((nfs) => endOf(nfs) + NFS_TRAIL_MS >= startOf(outage))),
};

/** pvestatd waits for every storage in turn: one that hangs makes it slow. */
export const slowCause: LinkRule = {
  name: 'slow-cause',
  relation: 'caused-by',
  sources: ['node.statd.slow'],
  targets: NFS,
  before: DAY,
  after: 10 * SECOND,
  lookFrom: (slow) => [{ place: placeOf(slow.cluster, slow.node), at: startOf(slow) }],
  foundAt: (nfs) => [{ place: placeOf(nfs.cluster, nfs.node), at: startOf(nfs) }],
  choose: (slow, hangs) => latest(hangs.filter((nfs) => endOf(nfs) + TRAIL_MS >= startOf(slow))),
};

/** The storage a job was to write to, and those that its error quotes. */
function storagesOf(job: Linked): string[] {
  const error = [textIn(job, 'error'), textIn(job, 'detail'), job.status].filter(
    (text) => text !== undefined,
  );
  const named = error.flatMap((text) =>
    [...text.slice(0, 2_000).matchAll(/\bstorage '([A-Za-z][A-Za-z0-9._-]{0,99})'/g)].map(
      (match) => match[1] ?? '',
    ),
  );
  return [...new Set([...(job.storage === undefined ? [] : [job.storage]), ...named])].slice(0, 10);
}
