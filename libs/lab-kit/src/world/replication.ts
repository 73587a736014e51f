import { renderReplication } from '../render/replication.ts';
import { localStamp } from '../render/units.ts';
import type { LabReplicationJob } from './pve-model.ts';
import { PRI, type PveSite } from './pve-site.ts';

const SLOT_S = 900;

/** Times of a job by now: one that does well has run in every slot, without anybody having to play it. Epoch seconds. */
export function replicationTimes(
  { lastSync, lastTry, nextSync, failCount }: LabReplicationJob,
  now: number,
): Pick<LabReplicationJob, 'lastSync' | 'lastTry' | 'nextSync'> {
  const slot = now - (now % SLOT_S);
  if (failCount > 0 || slot <= lastTry) return { lastSync, lastTry, nextSync };
  return { lastSync: slot, lastTry: slot, nextSync: slot + SLOT_S };
}

/** Reports are sent for failures 1, 2 and 3, then for the 48·2^k-th. */
function isReported(failCount: number): boolean {
  if (failCount <= 3) return true;
  const ratio = failCount / 48;
  return Number.isInteger(ratio) && Number.isInteger(Math.log2(ratio));
}

/**
 * Runs a replication job now. It is not a task: only rows, its own log and, on failure, a notification tell of it.
 *
 * @param error what makes it fail; absent it succeeds.
 */
export function runReplication(site: PveSite, id: string, error?: string): void {
  const job = site.replication.get(id);
  if (job === undefined) throw new Error(`the lab has no replication job ${id}`);
  const guest = site.guest(job.guest);
  const began = site.seconds();
  const volume = guest.disks[0]?.volid ?? '';
  const say = (text: string) => void job.log.push(`${localStamp(site.now())} ${id}: ${text}`);
  job.log.length = 0;
  say('start replication job');
  say(`guest => ${guest.kind === 'qemu' ? 'VM' : 'CT'} ${guest.vmid}, running => ${guest.pid ?? 0}`);
  say(`volumes => ${volume}`);
  job.lastTry = began;
  site.context.clock.schedule(site.now() + job.durationSeconds * 1000, () => {
    say(`incremental sync '${volume}' (__replicate_${id}_${job.lastSync}__ => __replicate_${id}_${began}__)`);
    if (error === undefined) {
      say('end replication job');
      job.lastSync = began;
      job.failCount = 0;
      job.nextSync = began - (began % SLOT_S) + SLOT_S;
      delete job.error;
      return;
    }
    say(`end replication job with error: ${error}`);
    job.failCount += 1;
    job.error = error;
    job.nextSync = began + Math.min(1_800, 300 * job.failCount);
    site.daemonLog(
      guest.node,
      'pvescheduler',
      PRI.err,
      `${id}: got unexpected replication job error - ${error}`,
    );
    if (!isReported(job.failCount)) return;
    site.notify(guest.node, {
      type: 'replication',
      severity: 'error',
      timestamp: site.seconds(),
      fields: { type: 'replication', hostname: guest.node, 'job-id': id },
      ...renderReplication({ ...job, error }),
    });
  });
}
