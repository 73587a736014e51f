import { ACTIVITY_FAMILIES } from '@proxmox-mcp/proxmox-events';
import { DAY, HOUR, MINUTE, SECOND, placeOf, textIn } from '../keys/key.ts';
import { endOf, latest, startOf, type Linked, type LinkRule } from './link.ts';

const DOWN: readonly string[] = ['storage.state.unavailable', 'storage.state.unknown'];
const UP = 'storage.state.available';
const NFS: readonly string[] = ['storage.nfs.timeout'];
const NFS_UP = 'storage.nfs.recovered';

/** An outage is taken to last so long after the last word of it, unless it says so again. */
const TRAIL_MS = 6 * MINUTE;
const NFS_TRAIL_MS = HOUR / 2;

/** A guest's part of a backup has the job for its parent, and a console fails for other reasons. */
const APART: ReadonlySet<string> = new Set(['backup.guest', 'console.session']);

/** How PVE names a storage in an error: quoted, or before the complaint of its own plugin. */
const NAMED =
  /\bstorage '([A-Za-z][A-Za-z0-9._-]{0,99})'|\b([A-Za-z][A-Za-z0-9._-]{0,99}): error fetching datastores/g;

/** A job failed because of a storage its node could not reach: it writes there, or its error names it. */
export const storageCause: LinkRule = {
  name: 'storage-cause',
  relation: 'caused-by',
  sources: ACTIVITY_FAMILIES.filter((family) => !APART.has(family)).map((family) => `${family}.failed`),
  targets: [...DOWN, UP],
  before: DAY,
  after: MINUTE,
  lookFrom: (job) =>
    storagesOf(job).map((sid) => ({ place: placeOf(job.cluster, job.node, sid), at: endOf(job) })),
  foundAt: (outage) => [{ place: placeOf(outage.cluster, outage.node, outage.storage), at: startOf(outage) }],
  choose: (job, near) => lasting(near, { at: startOf(job), up: UP, trailMs: TRAIL_MS }),
};

/** The server behind a storage does not answer: the inventory knows which it is. */
export const nfsCause: LinkRule = {
  name: 'nfs-cause',
  relation: 'caused-by',
  sources: DOWN,
  targets: [...NFS, NFS_UP],
  before: DAY,
  after: MINUTE,
  lookFrom(outage, topology) {
    const server = topology.storage(outage.cluster, outage.storage)?.server;
    return server === undefined
      ? []
      : [{ place: placeOf(outage.cluster, outage.node, server), at: startOf(outage) }];
  },
  foundAt: (nfs) => [{ place: placeOf(nfs.cluster, nfs.node, textIn(nfs, 'server')), at: startOf(nfs) }],
  choose(outage, near) {
    const at = startOf(outage);
    return lasting(near, { at, up: NFS_UP, trailMs: NFS_TRAIL_MS });
  },
};

/** pvestatd waits for every storage in turn: one that hangs makes it slow. */
export const slowCause: LinkRule = {
  name: 'slow-cause',
  relation: 'caused-by',
  sources: ['node.statd.slow'],
  targets: [...NFS, NFS_UP],
  before: DAY,
  after: 10 * SECOND,
  lookFrom: (slow) => [{ place: placeOf(slow.cluster, slow.node), at: startOf(slow) }],
  foundAt: (nfs) => [{ place: placeOf(nfs.cluster, nfs.node), at: startOf(nfs) }],
  choose(slow, near) {
    const at = startOf(slow);
    return lasting(near, { at, up: NFS_UP, trailMs: TRAIL_MS });
  },
};

/** The outage that still went on at a time: it had neither ended nor fallen silent before. */
function lasting(
  near: readonly Linked[],
  span: { readonly at: number; readonly up: string; readonly trailMs: number },
): readonly Linked[] {
  const ends = near.filter(({ type }) => type === span.up).map(startOf);
  return latest(
    near.filter((outage) => {
      if (outage.type === span.up) return false;
      const last = endOf(outage);
      const isOver = ends.some((end) => last <= end && end < span.at);
      return !isOver && last + span.trailMs >= span.at;
    }),
  );
}

/** The storage a job was to write to, and those that its error quotes. */
function storagesOf(job: Linked): string[] {
  const error = [textIn(job, 'error'), textIn(job, 'detail'), job.status].filter(
    (text) => text !== undefined,
  );
  const named = error.flatMap((text) =>
    [...text.slice(0, 2_000).matchAll(NAMED)].map((match) => match[1] ?? match[2] ?? ''),
  );
  return [...new Set([...(job.storage === undefined ? [] : [job.storage]), ...named])].slice(0, 10);
}
