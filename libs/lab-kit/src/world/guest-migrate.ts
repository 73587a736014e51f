import { fixedBytes, hms, localStamp } from '../render/units.ts';
import type { LabGuest } from './pve-model.ts';
import type { PveSite } from './pve-site.ts';
import { TaskFailure, type LabTask, type TaskHandle } from './tasks.ts';
import { type Actor, label, requireUnlocked, tagOf, whileLocked } from './guest-tasks.ts';

/** Moves a guest to another node: live for a running VM, restart for a running container. `failWith` aborts in phase 1. */
export function migrateGuest(
  site: PveSite,
  vmid: number,
  actor: Actor,
  options: { target: string; seconds?: number; failWith?: string },
): LabTask {
  const guest = site.guest(vmid);
  return site.startTask(
    {
      node: guest.node,
      type: guest.kind === 'qemu' ? 'qmigrate' : 'vzmigrate',
      id: String(vmid),
      user: actor.user,
      tag: tagOf(actor),
    },
    function* (handle) {
      if (actor.byHa === true) handle.log('task started by HA resource agent');
      requireUnlocked(guest);
      yield* whileLocked(guest, 'migrate', () => migrationSteps(site, guest, handle, options));
    },
  );
}

function* migrationSteps(
  site: PveSite,
  guest: LabGuest,
  { log }: TaskHandle,
  options: { target: string; seconds?: number; failWith?: string },
): Generator<number, void, void> {
  const began = site.now();
  const say = (text: string) => log(`${localStamp(site.now())} ${text}`);
  const target = site.node(options.target);
  const wasRunning = guest.status === 'running';
  const totalMs = (options.seconds ?? 30) * 1000;
  const took = () => hms((site.now() - began) / 1000);
  const local = guest.disks.filter((d) => site.storages.get(d.volid.split(':')[0] ?? '')?.shared !== true);

  if (guest.kind === 'lxc' && wasRunning) {
    say(`shutdown CT ${guest.vmid}`);
    yield totalMs * 0.2;
  }
  say(`starting migration of ${label(guest)} ${guest.vmid} to node '${target.name}' (${target.ip})`);
  for (const disk of local) {
    say(
      guest.kind === 'qemu'
        ? `found local disk '${disk.volid}' (attached)`
        : `found local volume '${disk.volid}' (in current VM config)`,
    );
  }
  if (options.failWith !== undefined) {
    yield totalMs * 0.3;
    say(`ERROR: ${options.failWith}`);
    say('aborting phase 1 - cleanup resources');
    say(`ERROR: migration aborted (duration ${took()}): ${options.failWith}`);
    throw new TaskFailure('migration aborted');
  }
  if (guest.kind === 'qemu' && wasRunning) {
    yield* liveMigration(site, guest, log, say, { local: local.map((d) => d), totalMs, target: target.name });
  } else {
    for (const disk of local) {
      yield totalMs * 0.5;
      say(`successfully imported '${disk.volid}'`);
      say(`volume '${disk.volid}' is '${disk.volid}' on the target`);
    }
    say('start final cleanup');
    yield 500;
  }
  site.markChanging(guest);
  guest.node = target.name;
  if (wasRunning) {
    guest.pid = site.takePid(target.name);
    if (guest.kind === 'lxc') {
      say('start container on target node');
      guest.startedAt = site.seconds();
      yield 1_000;
    }
  }
  say(`migration finished successfully (duration ${took()})`);
}

function* liveMigration(
  site: PveSite,
  guest: LabGuest,
  log: (line: string) => void,
  say: (line: string) => void,
  plan: {
    local: readonly { key: string; volid: string; sizeBytes: number }[];
    totalMs: number;
    target: string;
  },
): Generator<number, void, void> {
  say(`starting VM ${guest.vmid} on remote node '${plan.target}'`);
  yield plan.totalMs * 0.1;
  say('start remote tunnel');
  say('ssh tunnel ver 1');
  if (plan.local.length > 0) say('starting storage migration');
  for (const disk of plan.local) {
    say(
      `${disk.key}: start migration to nbd:unix:/run/qemu-server/${guest.vmid}_nbd.migrate:exportname=drive-${disk.key}`,
    );
    log(`drive mirror is starting for drive-${disk.key}`);
    const began = site.now();
    for (const part of [0.1, 0.35, 0.7, 1]) {
      yield (plan.totalMs * 0.5 * 0.25) / plan.local.length;
      const seconds = Math.round((site.now() - began) / 1000);
      log(
        `drive-${disk.key}: transferred ${fixedBytes(disk.sizeBytes * part)} of ${fixedBytes(disk.sizeBytes)} (${(part * 100).toFixed(2)}%) in ${seconds}s${part === 1 ? ', ready' : ''}`,
      );
    }
  }
  if (plan.local.length > 0) log("all 'mirror' jobs are ready");
  say(`starting online/live migration on unix:/run/qemu-server/${guest.vmid}.migrate`);
  say('set migration capabilities');
  say('migration downtime limit: 100 ms');
  say(`start migrate command to unix:/run/qemu-server/${guest.vmid}.migrate`);
  for (const part of [0.2, 0.5, 0.9]) {
    yield plan.totalMs * 0.1;
    say(
      `migration active, transferred ${fixedBytes(guest.memBytes * part)} of ${fixedBytes(guest.memBytes)} VM-state, 288.1 MiB/s`,
    );
  }
  say(`average migration speed: 293.4 MiB/s - downtime ${site.context.random.int(20, 140)} ms`);
  say(`migration completed, transferred ${fixedBytes(guest.memBytes * 0.95)} VM-state`);
  say('migration status: completed');
  for (const disk of plan.local) {
    log(`drive-${disk.key}: Completing block job...`);
    log(`drive-${disk.key}: Completed successfully.`);
  }
  yield plan.totalMs * 0.05;
}
