import { fixedBytes, hms, localStamp } from '../render/units.ts';
import type { LabGuest } from './pve-model.ts';
import { PRI, type PveSite } from './pve-site.ts';
import { TaskFailure, type LabTask, type TaskHandle } from './tasks.ts';

const typeOf = (guest: LabGuest, action: string) => `${guest.kind === 'qemu' ? 'qm' : 'vz'}${action}`;
const label = (guest: LabGuest) => (guest.kind === 'qemu' ? 'VM' : 'CT');

/** Who acts: an authid, and whether the HA manager stands behind it. */
export interface Actor {
  readonly user: string;
  readonly byHa?: boolean;
}

const tagOf = (actor: Actor) => (actor.byHa === true ? ('pve-ha-lrm' as const) : ('pvedaemon' as const));

function workerLog(site: PveSite, task: LabTask, text: string): void {
  site.syslog(task.node, site.tagOf(task), task.pid, PRI.info, text);
}

function requireUnlocked(guest: LabGuest): void {
  if (guest.lock !== undefined) throw new TaskFailure(`${label(guest)} is locked (${guest.lock})`);
}

function setRunning(site: PveSite, guest: LabGuest): void {
  site.markChanging(guest);
  guest.status = 'running';
  guest.paused = false;
  guest.startedAt = site.seconds();
  guest.pid = site.takePid(guest.node);
}

function setStopped(site: PveSite, guest: LabGuest): void {
  site.markChanging(guest);
  guest.status = 'stopped';
  guest.paused = false;
  delete guest.startedAt;
  delete guest.pid;
}

/** Starts a guest. Starting one that runs makes a task that fails, as with a VM of the real thing. */
export function startGuest(site: PveSite, vmid: number, actor: Actor): LabTask {
  const guest = site.guest(vmid);
  return site.startTask(
    { node: guest.node, type: typeOf(guest, 'start'), id: String(vmid), user: actor.user, tag: tagOf(actor) },
    function* ({ task, log }) {
      if (actor.byHa === true) log('task started by HA resource agent');
      workerLog(
        site,
        task,
        guest.kind === 'qemu' ? `start VM ${vmid}: ${task.upid}` : `starting CT ${vmid}: ${task.upid}`,
      );
      requireUnlocked(guest);
      if (guest.status === 'running') throw new TaskFailure(`${label(guest)} ${vmid} already running`);
      yield 1_500;
      setRunning(site, guest);
      if (guest.kind === 'qemu') workerLog(site, task, `VM ${vmid} started with PID ${guest.pid ?? 0}.`);
    },
  );
}

/** Stops a guest at once. */
export function stopGuest(site: PveSite, vmid: number, actor: Actor): LabTask {
  const guest = site.guest(vmid);
  return site.startTask(
    { node: guest.node, type: typeOf(guest, 'stop'), id: String(vmid), user: actor.user, tag: tagOf(actor) },
    function* ({ task }) {
      workerLog(
        site,
        task,
        guest.kind === 'qemu' ? `stop VM ${vmid}: ${task.upid}` : `stopping CT ${vmid}: ${task.upid}`,
      );
      requireUnlocked(guest);
      yield 700;
      if (guest.status === 'running') setStopped(site, guest);
    },
  );
}

/** Asks a guest to shut down. Without a guest agent and without forceStop a VM may not hear it. */
export function shutdownGuest(
  site: PveSite,
  vmid: number,
  actor: Actor,
  options: { timeoutSeconds?: number; forceStop?: boolean } = {},
): LabTask {
  const guest = site.guest(vmid);
  return site.startTask(
    {
      node: guest.node,
      type: typeOf(guest, 'shutdown'),
      id: String(vmid),
      user: actor.user,
      tag: tagOf(actor),
    },
    function* ({ task, log }) {
      workerLog(site, task, `shutdown ${label(guest)} ${vmid}: ${task.upid}`);
      requireUnlocked(guest);
      if (guest.status !== 'running') throw new TaskFailure(`${label(guest)} ${vmid} not running`);
      if (guest.kind === 'qemu' && guest.paused) {
        yield (options.timeoutSeconds ?? 60) * 1000;
        if (options.forceStop !== true) throw new TaskFailure('VM quit/powerdown failed - got timeout');
        log('VM still running - terminating now with SIGTERM');
      } else yield 5_000;
      setStopped(site, guest);
      if (guest.kind === 'qemu')
        site.syslog(
          guest.node,
          'qmeventd',
          site.takePid(guest.node),
          PRI.info,
          `Finished cleanup for ${vmid}`,
        );
    },
  );
}

/** Shuts down and starts again, in one task. */
export function rebootGuest(site: PveSite, vmid: number, actor: Actor): LabTask {
  const guest = site.guest(vmid);
  return site.startTask(
    { node: guest.node, type: typeOf(guest, 'reboot'), id: String(vmid), user: actor.user },
    function* ({ task }) {
      workerLog(site, task, `requesting reboot of ${label(guest)} ${vmid}: ${task.upid}`);
      if (guest.status !== 'running') throw new TaskFailure(`${label(guest)} ${vmid} not running`);
      if (guest.paused) {
        yield 60_000;
        throw new TaskFailure('VM quit/powerdown failed - got timeout');
      }
      yield 6_000;
      guest.startedAt = site.seconds();
      guest.pid = site.takePid(guest.node);
    },
  );
}

/** Resets a VM, without asking it. */
export function resetGuest(site: PveSite, vmid: number, actor: Actor): LabTask {
  const guest = site.guest(vmid);
  return site.startTask(
    { node: guest.node, type: 'qmreset', id: String(vmid), user: actor.user },
    function* ({ task }) {
      workerLog(site, task, `reset VM ${vmid}: ${task.upid}`);
      yield 300;
      if (guest.status !== 'running') throw new TaskFailure(`VM ${vmid} not running`);
      guest.startedAt = site.seconds();
    },
  );
}

/** Pauses a guest: the API goes on calling it running, only `qmpstatus` tells. */
export function suspendGuest(site: PveSite, vmid: number, actor: Actor): LabTask {
  const guest = site.guest(vmid);
  const type = guest.kind === 'qemu' ? 'qmpause' : 'vzsuspend';
  return site.startTask({ node: guest.node, type, id: String(vmid), user: actor.user }, function* ({ task }) {
    workerLog(site, task, `suspend ${label(guest)} ${vmid}: ${task.upid}`);
    requireUnlocked(guest);
    yield 500;
    if (guest.status !== 'running') throw new TaskFailure(`${label(guest)} ${vmid} not running`);
    guest.paused = true;
  });
}

export function resumeGuest(site: PveSite, vmid: number, actor: Actor): LabTask {
  const guest = site.guest(vmid);
  return site.startTask(
    { node: guest.node, type: typeOf(guest, 'resume'), id: String(vmid), user: actor.user },
    function* ({ task }) {
      workerLog(site, task, `resume ${label(guest)} ${vmid}: ${task.upid}`);
      yield 500;
      if (guest.status !== 'running') throw new TaskFailure(`${label(guest)} ${vmid} not running`);
      guest.paused = false;
    },
  );
}

/** Takes a snapshot; the guest is locked while it runs. */
export function snapshotGuest(
  site: PveSite,
  vmid: number,
  actor: Actor,
  options: { name: string; description?: string; vmstate?: boolean },
): LabTask {
  const guest = site.guest(vmid);
  return site.startTask(
    { node: guest.node, type: typeOf(guest, 'snapshot'), id: String(vmid), user: actor.user },
    function* ({ log }) {
      requireUnlocked(guest);
      if (guest.snapshots.some((s) => s.name === options.name)) {
        throw new TaskFailure(`snapshot name '${options.name}' already used`);
      }
      yield* whileLocked(guest, 'snapshot', function* () {
        for (const disk of guest.disks) {
          log(
            guest.kind === 'qemu'
              ? `snapshotting 'drive-${disk.key}' (${disk.volid})`
              : `create snapshot '${options.name}' on ${disk.volid}`,
          );
        }
        yield 2_000;
      });
      const parent = guest.snapshots.at(-1)?.name;
      guest.snapshots.push({
        name: options.name,
        takenAt: site.seconds(),
        description: options.description ?? '',
        vmstate: options.vmstate ?? false,
        ...(parent === undefined ? {} : { parent }),
      });
    },
  );
}

/** Deletes a snapshot. */
export function deleteSnapshot(site: PveSite, vmid: number, actor: Actor, name: string): LabTask {
  const guest = site.guest(vmid);
  return site.startTask(
    { node: guest.node, type: typeOf(guest, 'delsnapshot'), id: String(vmid), user: actor.user },
    function* () {
      requireUnlocked(guest);
      if (!guest.snapshots.some((s) => s.name === name))
        throw new TaskFailure(`snapshot '${name}' does not exist`);
      yield* whileLocked(guest, 'snapshot-delete', function* () {
        yield 1_500;
      });
      guest.snapshots = guest.snapshots.filter((s) => s.name !== name);
    },
  );
}

/** Rolls a guest back; a running one is stopped by it. */
export function rollbackSnapshot(site: PveSite, vmid: number, actor: Actor, name: string): LabTask {
  const guest = site.guest(vmid);
  return site.startTask(
    { node: guest.node, type: typeOf(guest, 'rollback'), id: String(vmid), user: actor.user },
    function* () {
      requireUnlocked(guest);
      if (!guest.snapshots.some((s) => s.name === name))
        throw new TaskFailure(`snapshot '${name}' does not exist`);
      yield* whileLocked(guest, 'rollback', function* () {
        if (guest.status === 'running') setStopped(site, guest);
        yield 2_000;
      });
    },
  );
}

/** Destroys a stopped guest. */
export function destroyGuest(
  site: PveSite,
  vmid: number,
  actor: Actor,
  options: { purge?: boolean } = {},
): LabTask {
  const guest = site.guest(vmid);
  return site.startTask(
    { node: guest.node, type: typeOf(guest, 'destroy'), id: String(vmid), user: actor.user },
    function* ({ task, log }) {
      workerLog(site, task, `destroy ${label(guest)} ${vmid}: ${task.upid}`);
      requireUnlocked(guest);
      yield 500;
      site.guests.delete(vmid);
      if (options.purge === true) log(`purging ${label(guest)} ${vmid} from related configurations..`);
    },
  );
}

/** Creates an empty, stopped guest. */
export function createGuest(site: PveSite, guest: LabGuest, actor: Actor): LabTask {
  return site.startTask(
    { node: guest.node, type: typeOf(guest, 'create'), id: String(guest.vmid), user: actor.user },
    function* () {
      yield 400;
      guest.unseenUntil = site.now() + site.statsIntervalMs;
      site.guests.set(guest.vmid, guest);
    },
  );
}

/** Runs `work` with the guest's config locked; the lock goes whatever happens. */
export function* whileLocked(
  guest: LabGuest,
  lock: string,
  work: () => Generator<number, void, void>,
): Generator<number, void, void> {
  guest.lock = lock;
  try {
    yield* work();
  } finally {
    delete guest.lock;
  }
}

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
      type: typeOf(guest, 'migrate'),
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
