import { startVzdump } from '../world/vzdump.ts';
import { parameterError } from './api-error.ts';
import type { Call, Routes } from './call.ts';

function vzdump(call: Call): unknown {
  const node = call.node();
  const storage = call.text('storage') ?? 'local';
  let vmids = call.list('vmid').map(Number);
  if (call.flag('all'))
    vmids = call.site
      .guestsOf(node.name)
      .filter((g) => !g.template)
      .map((g) => g.vmid);
  const pool = call.text('pool');
  if (pool !== undefined)
    vmids = call.site
      .guestsOf(node.name)
      .filter((g) => g.pool === pool)
      .map((g) => g.vmid);
  if (vmids.length === 0) throw parameterError({ vmid: 'property is missing' });
  for (const vmid of vmids) call.require(`/vms/${vmid}`, 'VM.Backup');
  const mode = call.text('mode');
  const line = [
    'vzdump',
    ...vmids.map(String),
    ...['compress', 'mode', 'bwlimit', 'storage', 'node'].flatMap((n) => {
      const value = n === 'node' ? node.name : call.text(n);
      return value === undefined ? [] : [`--${n} ${value}`];
    }),
  ].join(' ');
  const prune = call.text('prune-backups');
  const here = vmids.filter((v) => call.site.guests.get(v)?.node === node.name || !call.site.guests.has(v));
  if (here.length === 0) return 'OK';
  return startVzdump(
    call.site,
    {
      node: node.name,
      vmids: here,
      storage,
      user: call.authid,
      commandLine: line,
      ...(mode === 'snapshot' || mode === 'suspend' || mode === 'stop' ? { mode } : {}),
      ...(prune === undefined ? {} : { prune }),
    },
    call.hooks.onPbsBackup,
  ).upid;
}

/** Next time of day of `HH:MM`, or a day from now for anything more elaborate. */
function nextRun(schedule: string, nowSeconds: number): number {
  const match = /(\d{1,2}):(\d{2})$/.exec(schedule);
  if (match === null) return nowSeconds + 86_400;
  const midnight = nowSeconds - (nowSeconds % 86_400);
  const at = midnight + Number(match[1]) * 3_600 + Number(match[2]) * 60;
  return at > nowSeconds ? at : at + 86_400;
}

function pruneObject(prune: string): Record<string, string> {
  return Object.fromEntries(prune.split(',').map((p) => [p.split('=')[0] ?? '', p.split('=')[1] ?? '']));
}

function backupJobs(call: Call): Record<string, unknown>[] {
  return [...call.site.backupJobs.values()].map((job) => ({
    id: job.id,
    type: 'vzdump',
    schedule: job.schedule,
    enabled: job.enabled ? 1 : 0,
    storage: job.storage,
    mode: job.mode,
    compress: 'zstd',
    'notification-mode': 'notification-system',
    ...(job.vmids === undefined ? {} : { vmid: job.vmids.join(',') }),
    ...(job.all === true ? { all: 1 } : {}),
    ...(job.pool === undefined ? {} : { pool: job.pool }),
    ...(job.prune === undefined ? {} : { 'prune-backups': pruneObject(job.prune) }),
    ...(job.comment === undefined ? {} : { comment: job.comment }),
    ...(job.notesTemplate === undefined ? {} : { 'notes-template': job.notesTemplate }),
    ...(job.enabled ? { 'next-run': nextRun(job.schedule, call.site.seconds()) } : {}),
  }));
}

function notBackedUp(call: Call): unknown {
  const jobs = [...call.site.backupJobs.values()].filter((j) => j.enabled);
  const covered = (vmid: number, pool: string | undefined) =>
    jobs.some(
      (j) => j.all === true || j.vmids?.includes(vmid) === true || (j.pool !== undefined && j.pool === pool),
    );
  return [...call.site.guests.values()]
    .filter((g) => !covered(g.vmid, g.pool))
    .map((g) => ({ vmid: g.vmid, type: g.kind, name: g.name }));
}

/** Backup jobs and vzdump. */
export const backupRoutes: Routes = {
  'POST /nodes/{node}/vzdump': vzdump,
  'GET /nodes/{node}/vzdump/defaults': () => ({
    mode: 'snapshot',
    compress: '0',
    storage: 'local',
    remove: 1,
    lockwait: 180,
    stopwait: 10,
    ionice: 7,
    bwlimit: 0,
    'notification-mode': 'auto',
    mailnotification: 'always',
    'prune-backups': 'keep-all=1',
  }),
  'GET /cluster/backup': backupJobs,
  'GET /cluster/backup/{id}': (call) => {
    const found = backupJobs(call).find((j) => j['id'] === call.text('id'));
    if (found === undefined) throw parameterError({ id: 'No such job' });
    return found;
  },
  'GET /cluster/backup-info/not-backed-up': notBackedUp,
};
