import { renderPrune } from '../render/pbs.ts';
import type { PbsJob, PbsSite } from './pbs-site.ts';
import type { LabTask } from './tasks.ts';
import { groupsOf, nameOf, remember, requireMounted, tellEnd } from './pbs-tasks.ts';

/** Prune by a job; only the newest `keep-last` of each group stay. */
export function runPruneJob(
  site: PbsSite,
  job: PbsJob,
  options: { user?: string; scheduled?: boolean } = {},
): LabTask {
  const store = site.datastore(job.store);
  return site.startTask(
    { type: 'prunejob', id: store.name, user: options.user ?? 'root@pam' },
    function* ({ task, log }) {
      let failure: string | undefined;
      try {
        log(`prune job '${job.id}'`);
        if (options.scheduled === true) log(`task triggered by schedule '${job.schedule}'`);
        requireMounted(store);
        log(`Starting datastore prune on datastore '${store.name}', root namespace, down to full depth`);
        log(
          `retention options: ${Object.entries(job.keep ?? {})
            .map(([k, n]) => `--${k} ${n}`)
            .join(' ')}`,
        );
        yield 1_000;
        const keep = job.keep?.['keep-last'] ?? 3;
        for (const group of groupsOf(store)) {
          log(`Pruning group :"${group.name}"`);
          for (const [index, snapshot] of group.snapshots.entries()) {
            const stays = snapshot.protected ? 'keep protected' : index < keep ? 'keep' : 'remove';
            log(`${stays} ${nameOf(snapshot)}`);
            if (stays === 'remove') store.snapshots.splice(store.snapshots.indexOf(snapshot), 1);
          }
        }
        remember(site, job, task, 'OK');
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error);
        remember(site, job, task, failure);
        throw error;
      } finally {
        tellEnd(
          site,
          { type: 'prune', datastore: store.name, jobId: job.id },
          failure !== undefined,
          renderPrune(site.fqdn, job, failure),
        );
      }
    },
  );
}
