import { snapshotStamp } from '../render/units.ts';
import type { PbsDatastore, PbsJob, PbsSite, PbsSnapshot } from './pbs-site.ts';
import { TaskFailure, type LabTask } from './tasks.ts';

/** Bytes of a fixed-size chunk. */
export const CHUNK = 4 * 1024 ** 2;

/** `vm/101/2026-03-14T01:00:04Z`. */
export const nameOf = (s: PbsSnapshot) => `${s.type}/${s.id}/${snapshotStamp(s.time * 1000)}`;

/** The same with its namespace before it, as paths on the server have it. */
export const withNs = (s: PbsSnapshot) => `${s.ns === '' ? '' : `ns/${s.ns}/`}${nameOf(s)}`;

/** @throws {TaskFailure} when the datastore is not there. */
export function requireMounted(store: PbsDatastore): void {
  if (store.error !== undefined) throw new TaskFailure(store.error);
}

/** Sends the notification of an ended job, with the fields its type has. */
export function tellEnd(
  site: PbsSite,
  fields: { type: string; datastore: string; jobId?: string },
  failed: boolean,
  rendered: { title: string; body: string },
): void {
  site.notify({
    type: fields.type,
    severity: failed ? 'error' : 'info',
    timestamp: site.seconds(),
    fields: {
      type: fields.type,
      hostname: site.name,
      datastore: fields.datastore,
      ...(fields.jobId === undefined ? {} : { 'job-id': fields.jobId }),
    },
    ...rendered,
  });
}

/** Notes a job's last run, which /admin/{verify,prune,sync} tell. */
export function remember(site: PbsSite, job: PbsJob, task: LabTask, state: string): void {
  job.lastUpid = task.upid;
  job.lastState = state;
  job.lastEndedAt = site.seconds();
}

/** Snapshots by group, newest first. */
export function groupsOf(store: PbsDatastore): { name: string; snapshots: PbsSnapshot[] }[] {
  const groups = new Map<string, PbsSnapshot[]>();
  for (const s of store.snapshots) {
    const name = `${s.type}/${s.id}`;
    const list = groups.get(name) ?? [];
    groups.set(name, list);
    list.push(s);
  }
  return [...groups].map(([name, snapshots]) => ({
    name,
    snapshots: snapshots.sort((a, b) => b.time - a.time),
  }));
}
