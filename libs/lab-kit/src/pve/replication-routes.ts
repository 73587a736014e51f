import { replicationTimes } from '../world/replication.ts';
import { ApiError } from './api-error.ts';
import { Paged, type Call, type Routes } from './call.ts';

function replicationRows(call: Call): Record<string, unknown>[] {
  const node = call.node().name;
  return [...call.site.replication.values()]
    .filter((r) => call.site.guests.get(r.guest)?.node === node && call.has(`/vms/${r.guest}`, 'VM.Audit'))
    .map((r) => ({ ...r, ...replicationTimes(r, call.site.seconds()) }))
    .map((r) => ({
      id: r.id,
      jobnum: Number(r.id.split('-')[1]),
      guest: r.guest,
      vmtype: call.site.guest(r.guest).kind,
      type: 'local',
      source: node,
      target: r.target,
      schedule: r.schedule,
      last_sync: r.lastSync,
      last_try: r.lastTry,
      next_sync: r.nextSync,
      duration: r.durationSeconds,
      fail_count: r.failCount,
      ...(r.error === undefined ? {} : { error: r.error }),
    }));
}

/** Replication jobs and how they are doing. */
export const replicationRoutes: Routes = {
  'GET /cluster/replication': (call) =>
    [...call.site.replication.values()]
      .filter((r) => call.has(`/vms/${r.guest}`, 'VM.Audit'))
      .map((r) => ({
        id: r.id,
        type: 'local',
        guest: r.guest,
        jobnum: Number(r.id.split('-')[1]),
        target: r.target,
        source: call.site.guests.get(r.guest)?.node,
        schedule: r.schedule,
        ...(r.comment === undefined ? {} : { comment: r.comment }),
      })),
  'GET /nodes/{node}/replication': replicationRows,
  'GET /nodes/{node}/replication/{id}/status': (call) => {
    const found = replicationRows(call).find((r) => r['id'] === call.text('id'));
    if (found === undefined)
      throw new ApiError(500, `replication job '${call.text('id') ?? ''}' does not exist`);
    return found;
  },
  'GET /nodes/{node}/replication/{id}/log': (call) => {
    const log = call.site.replication.get(call.text('id') ?? '')?.log ?? [];
    return new Paged(
      log.length === 0 ? [{ n: 1, t: 'no content' }] : log.map((t, i) => ({ n: i + 1, t })),
      Math.max(1, log.length),
    );
  },
};
