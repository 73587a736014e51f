import { renderVerify } from '../render/pbs.ts';
import type { PbsJob, PbsSite } from './pbs-site.ts';
import { TaskFailure, type LabTask } from './tasks.ts';
import { groupsOf, nameOf, remember, requireMounted, tellEnd, withNs } from './pbs-tasks.ts';

/** Verification of a whole datastore by a job; fails on corrupt snapshots. */
export function runVerifyJob(
  site: PbsSite,
  job: PbsJob,
  options: { user?: string; scheduled?: boolean; seconds?: number } = {},
): LabTask {
  const store = site.datastore(job.store);
  return site.startTask(
    { type: 'verificationjob', id: `${store.name}:${job.id}`, user: options.user ?? 'root@pam' },
    function* ({ task, log }) {
      const failed: string[] = [];
      try {
        log(`Starting datastore verify job '${store.name}:${job.id}'`);
        if (options.scheduled === true) log(`task triggered by schedule '${job.schedule}'`);
        requireMounted(store);
        log(`verify datastore ${store.name}`);
        const groups = groupsOf(store);
        log(`found ${groups.length} groups`);
        for (const [index, group] of groups.entries()) {
          log(`verify group ${store.name}:${group.name} (${group.snapshots.length} snapshots)`);
          for (const snapshot of group.snapshots) {
            log(`verify ${store.name}:${nameOf(snapshot)}`);
            log(`  check ${snapshot.type === 'vm' ? 'drive-scsi0.img.fidx' : 'root.pxar.didx'}`);
            yield ((options.seconds ?? 30) * 1000) / store.snapshots.length;
            const errors = snapshot.corrupt === true ? 1 : 0;
            if (errors > 0) {
              log(`chunk ${site.context.random.hex(64)} was marked as corrupt, renamed to bad`);
              failed.push(withNs(snapshot));
            }
            const mib = (snapshot.sizeBytes / 1024 ** 2).toFixed(2);
            log(`  verified ${mib}/${mib} MiB in 2.11 seconds, speed 242.10/485.20 MiB/s (${errors} errors)`);
            snapshot.verification = { state: errors > 0 ? 'failed' : 'ok', upid: task.upid };
          }
          log(
            `percentage done: ${(((index + 1) / groups.length) * 100).toFixed(2)}% (${index + 1}/${groups.length} groups)`,
          );
        }
        if (failed.length > 0) {
          log('Failed to verify the following snapshots/groups:');
          for (const name of failed) log(`\t${name}`);
          throw new TaskFailure('verification failed - please check the log for details');
        }
        remember(site, job, task, 'OK');
      } catch (error) {
        remember(site, job, task, error instanceof Error ? error.message : String(error));
        throw error;
      } finally {
        tellEnd(
          site,
          { type: 'verify', datastore: store.name, jobId: job.id },
          failed.length > 0 || store.error !== undefined,
          renderVerify(site.fqdn, job, failed),
        );
      }
    },
  );
}
