import type { LabGuest } from './pve-model.ts';
import { PRI, type PveSite } from './pve-site.ts';
import { TaskFailure, type LabTask } from './tasks.ts';

/** Worker type: `qmstart`, `vzstart`. */
export const typeOf = (guest: LabGuest, action: string) => `${guest.kind === 'qemu' ? 'qm' : 'vz'}${action}`;

/** What messages call a guest. */
export const label = (guest: LabGuest) => (guest.kind === 'qemu' ? 'VM' : 'CT');

/** Who acts: an authid, and whether the HA manager stands behind it. */
export interface Actor {
  readonly user: string;
  readonly byHa?: boolean;
}

/** Parent daemon of what the actor does. */
export const tagOf = (actor: Actor) =>
  actor.byHa === true ? ('pve-ha-lrm' as const) : ('pvedaemon' as const);

function workerLog(site: PveSite, task: LabTask, text: string): void {
  site.syslog(task.node, site.tagOf(task), task.pid, PRI.info, text);
}

/** @throws {TaskFailure} while the guest's config is locked. */
export function requireUnlocked(guest: LabGuest): void {
  if (guest.lock !== undefined) throw new TaskFailure(`${label(guest)} is locked (${guest.lock})`);
}

function setRunning(site: PveSite, guest: LabGuest): void {
  site.markChanging(guest);
  guest.status = 'running';
  guest.paused = false;
  guest.startedAt = site.seconds();
  guest.pid = site.takePid(guest.node);
}

/** The guest is off; pvestatd finds out later. */
export function setStopped(site: PveSite, guest: LabGuest): void {
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

/** Lets a paused guest go on. */
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
