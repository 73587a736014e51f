import { renderSync } from '../render/pbs.ts';
import { humanBytes } from '../render/units.ts';
import type { PbsJob, PbsSite } from './pbs-site.ts';
import { TaskFailure, type LabTask } from './tasks.ts';
import { CHUNK, groupsOf, nameOf, remember, requireMounted, tellEnd } from './pbs-tasks.ts';

/** Pull from another PBS or another local datastore. */
export function runSyncJob(
  site: PbsSite,
  job: PbsJob,
  options: { user?: string; scheduled?: boolean; failGroup?: string } = {},
): LabTask {
  const store = site.datastore(job.store);
  const source = job.remoteStore ?? 'source';
  const id = `${job.remote ?? '-'}:${source}:${store.name}:${job.ns ?? ''}:${job.id}`;
  return site.startTask({ type: 'syncjob', id, user: options.user ?? 'root@pam' }, function* ({ task, log }) {
    let failure: string | undefined;
    try {
      log(`Starting datastore sync job '${id}'`);
      if (options.scheduled === true) log(`task triggered by schedule '${job.schedule}'`);
      log(
        `sync datastore '${store.name}' from '${job.remote === undefined ? source : `${job.remote}/${source}`}'`,
      );
      log('----');
      requireMounted(store);
      const namespace = job.ns === undefined || job.ns === '' ? 'root namespace' : `namespace '${job.ns}'`;
      log(`Syncing datastore '${source}', root namespace into datastore '${store.name}', ${namespace}`);
      const groups = groupsOf(store).slice(0, 2);
      log(`Found ${groups.length} groups to sync (out of ${groups.length} total)`);
      let bytes = 0;
      for (const [index, group] of groups.entries()) {
        yield 4_000;
        if (options.failGroup === group.name) {
          failure = 'sync failed with some errors.';
          log(`sync group ${group.name} failed - connection lost`);
          continue;
        }
        const newest = group.snapshots[0];
        if (newest === undefined) continue;
        const archive = newest.type === 'vm' ? 'drive-scsi0.img.fidx' : 'root.pxar.didx';
        log(`${nameOf(newest)}: start sync`);
        log(`${nameOf(newest)}/${archive}: sync archive`);
        log(`${nameOf(newest)}/${archive}: downloaded ${humanBytes(newest.sizeBytes * 0.05)} (14.52 MiB/s)`);
        log(`${nameOf(newest)}: sync done`);
        bytes += newest.sizeBytes * 0.05;
        log(
          `percentage done: ${(((index + 1) / groups.length) * 100).toFixed(2)}% (${index + 1}/${groups.length} groups)`,
        );
      }
      log(
        `Finished syncing root namespace, current progress: ${groups.length} groups, ${groups.length} snapshots`,
      );
      log(
        `Summary: sync job pulled ${humanBytes(bytes)} in ${Math.round(bytes / CHUNK)} chunks (average rate: 21.3 MiB/s)`,
      );
      if (failure !== undefined) throw new TaskFailure(failure);
      log(`sync job '${job.id}' end`);
      remember(site, job, task, 'OK');
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
      remember(site, job, task, failure);
      throw error;
    } finally {
      tellEnd(
        site,
        { type: 'sync', datastore: store.name, jobId: job.id },
        failure !== undefined,
        renderSync(
          site.fqdn,
          { id: job.id, store: store.name, remote: job.remote, remoteStore: source },
          failure,
        ),
      );
    }
  });
}
