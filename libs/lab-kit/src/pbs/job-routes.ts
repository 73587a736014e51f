import { runPruneJob } from '../world/pbs-prune.ts';
import { runSyncJob } from '../world/pbs-sync.ts';
import { runVerifyJob } from '../world/pbs-verify.ts';
import type { PbsJob } from '../world/pbs-site.ts';
import type { PbsHandler } from './call.ts';

/** GET /admin/{kind}: configured jobs and their last run. */
export function jobs(kind: PbsJob['kind']): PbsHandler {
  return (call) => ({
    data: [...call.site.jobs.values()]
      .filter(
        (j) => j.kind === kind && call.has(`/datastore/${j.store}`, 'Datastore.Audit', 'Datastore.Verify'),
      )
      // Seeing a sync job needs a look at its remote, too.
      .filter(
        (j) =>
          j.remote === undefined || call.has(`/remote/${j.remote}/${j.remoteStore ?? ''}`, 'Remote.Audit'),
      )
      .map((j) => ({
        id: j.id,
        store: j.store,
        schedule: j.schedule,
        ...(j.ns === undefined ? {} : { ns: j.ns }),
        ...(j.comment === undefined ? {} : { comment: j.comment }),
        ...(kind === 'verify' ? { 'ignore-verified': true, 'outdated-after': 30 } : {}),
        ...(kind === 'sync'
          ? {
              'remote-store': j.remoteStore,
              ...(j.remote === undefined ? {} : { remote: j.remote }),
              'remove-vanished': false,
            }
          : {}),
        ...(kind === 'prune' ? { ...j.keep, disable: false } : {}),
        'next-run': call.site.seconds() - (call.site.seconds() % 86_400) + 86_400,
        ...(j.lastUpid === undefined
          ? {}
          : {
              'last-run-upid': j.lastUpid,
              'last-run-state': j.lastState,
              'last-run-endtime': j.lastEndedAt,
            }),
      })),
  });
}

/** POST /admin/{kind}/{id}/run. */
export function runJob(kind: PbsJob['kind']): PbsHandler {
  return (call) => {
    const job = call.site.jobs.get(call.path['id'] ?? '');
    if (job === undefined || job.kind !== kind)
      throw call.fail(404, `job '${call.path['id'] ?? ''}' does not exist.`);
    call.require(`/datastore/${job.store}`, kind === 'verify' ? 'Datastore.Verify' : 'Datastore.Modify');
    const options = { user: call.authid };
    const run = { verify: runVerifyJob, prune: runPruneJob, sync: runSyncJob }[kind];
    return { data: run(call.site, job, options).upid };
  };
}
