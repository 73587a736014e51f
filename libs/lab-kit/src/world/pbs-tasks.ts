import { snapshotStamp } from '../render/units.ts';
import type { PbsDatastore, PbsJob, PbsSite, PbsSnapshot } from './pbs-site.ts';
import { TaskFailure, type LabTask } from './tasks.ts';

export const CHUNK = 4 * 1024 ** 2;

export const nameOf = (s: PbsSnapshot) => `${s.type}/${s.id}/${snapshotStamp(s.time * 1000)}`;

export const withNs = (s: PbsSnapshot) => `${s.ns === '' ? '' : `ns/${s.ns}/`}${nameOf(s)}`;

export function requireMounted(store: PbsDatastore): void {
  if (store.error !== undefined) throw new TaskFailure(store.error);
}

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

export function remember(site: PbsSite, job: PbsJob, task: LabTask, state: string): void {
  job.lastUpid = task.upid;
  job.lastState = state;
  job.lastEndedAt = site.seconds();
}

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
