import { AccessControl } from './access.ts';
import type { LabCeph } from './ceph.ts';
import type { WorldClock } from './clock.ts';
import type { LabListener, LabNotification, LabOrigin } from './listener.ts';
import type {
  ClusterLogLine,
  LabBackupJob,
  LabGuest,
  LabHaService,
  LabNode,
  LabReplicationJob,
  LabStorage,
} from './pve-model.ts';
import { NotificationConfig } from './notification-config.ts';
import type { Random } from './random.ts';
import { TaskEngine, type LabTask, type TaskBody } from './tasks.ts';
import { pveUpid } from './upid.ts';

const MAX_JOURNAL_LINES = 2_000;
const MAX_CLUSTER_LOG = 500;

/** Facility daemon with its usual severities. */
export const PRI = { err: 27, warning: 28, notice: 29, info: 30 } as const;

/** What a site needs from the world around it. */
export interface SiteContext {
  readonly clock: WorldClock;
  readonly random: Random;
  readonly listeners: ReadonlySet<LabListener>;
}

/** Who asks for a task, and on which daemon's behalf it runs. */
export interface TaskRequest {
  readonly node: string;
  readonly type: string;
  readonly id: string;
  /** `user@realm` or `user@realm!token`. */
  readonly user: string;
  /** Syslog tag of the parent daemon. */
  readonly tag?: 'pvedaemon' | 'pvescheduler' | 'pve-ha-lrm';
}

/** Tells every listener; one that throws does not disturb the world. */
export function tell(listeners: ReadonlySet<LabListener>, call: (listener: LabListener) => void): void {
  for (const listener of listeners) {
    try {
      call(listener);
    } catch {
      // The lab is the far end of tests: a broken ear must not stop the mouth.
    }
  }
}

/** State of one PVE cluster, or of one standalone host: everything its API can be asked about. */
export class PveSite {
  readonly clusterName: string | undefined;
  readonly domain: string;
  readonly nodes = new Map<string, LabNode>();
  readonly guests = new Map<number, LabGuest>();
  readonly storages = new Map<string, LabStorage>();
  readonly backupJobs = new Map<string, LabBackupJob>();
  readonly replication = new Map<string, LabReplicationJob>();
  readonly ha = new Map<string, LabHaService>();
  readonly pools = new Map<string, { comment?: string }>();
  readonly access: AccessControl;
  readonly tasks: TaskEngine;
  /** Notification targets and matchers of the API. */
  readonly notifications = new NotificationConfig('pve');
  /** UPID of the backup job that has, or had last, a node's global lock. */
  readonly vzdumpHolders = new Map<string, string>();
  readonly clusterLog: ClusterLogLine[] = [];
  /** Names that vzdump says it notified; what is really sent is the listeners' affair. */
  notificationTargets: string[] = ['mail-to-root'];
  /** How long pvestatd's picture may lag behind, world milliseconds. */
  statsIntervalMs = 10_000;
  /** Node that runs the HA manager. */
  haMaster: string | undefined;
  /** Ceph, where it is installed. */
  ceph: LabCeph | undefined;
  readonly context: SiteContext;
  readonly #logUid = new Map<string, number>();
  readonly #tagOf = new WeakMap<LabTask, string>();

  constructor(context: SiteContext, options: { clusterName?: string; domain: string }) {
    this.context = context;
    this.clusterName = options.clusterName;
    this.domain = options.domain;
    this.access = new AccessControl({ poolOf: (vmid) => this.guests.get(Number(vmid))?.pool });
    this.tasks = new TaskEngine(context.clock, {
      onStart: (task) => this.#taskStarted(task),
      onEnd: (task) => this.#taskEnded(task),
    });
  }

  /** World time, milliseconds. */
  now(): number {
    return this.context.clock.now();
  }

  /** World time, whole epoch seconds. */
  seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  node(name: string): LabNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`the lab has no node ${name}`);
    return node;
  }

  isAlive(name: string): boolean {
    return this.nodes.get(name)?.diedAt === undefined;
  }

  /** Corosync needs a token timeout to notice: a node that died a moment ago still counts. */
  isOnline(name: string): boolean {
    const died = this.nodes.get(name)?.diedAt;
    return died === undefined || this.now() < died + MEMBERSHIP_DELAY_MS;
  }

  isQuorate(): boolean {
    const online = [...this.nodes.keys()].filter((n) => this.isOnline(n)).length;
    return online * 2 > this.nodes.size;
  }

  /** The node's speaker, as listeners see it. */
  origin(node: string): LabOrigin {
    return {
      product: 'pve',
      node,
      fqdn: this.node(node).fqdn,
      ...(this.clusterName === undefined ? {} : { cluster: this.clusterName }),
    };
  }

  syslog(node: string, tag: string, pid: number, pri: number, text: string): void {
    const at = this.now();
    const { journal } = this.node(node);
    journal.push({ at, tag, pid, pri, text });
    if (journal.length > MAX_JOURNAL_LINES) journal.splice(0, journal.length - MAX_JOURNAL_LINES);
    const origin = this.origin(node);
    tell(this.context.listeners, (l) => l.onSyslog?.({ origin, at, node, tag, pid, pri, text }));
  }

  /** A line of one of the node's long-running daemons. */
  daemonLog(node: string, daemon: string, pri: number, text: string): void {
    this.syslog(node, daemon, this.node(node).daemons[daemon] ?? 1, pri, text);
  }

  notify(node: string, notification: LabNotification): void {
    const origin = this.origin(node);
    tell(this.context.listeners, (l) => l.onNotification?.(origin, notification));
  }

  logCluster(node: string, line: { pri: number; tag: string; pid: number; user: string; msg: string }): void {
    const uid = (this.#logUid.get(node) ?? 0) + 1;
    this.#logUid.set(node, uid);
    this.clusterLog.unshift({ ...line, uid, node, at: this.seconds() });
    this.clusterLog.length = Math.min(this.clusterLog.length, MAX_CLUSTER_LOG);
  }

  takePid(node: string): number {
    const n = this.node(node);
    n.nextPid += this.context.random.int(1, 9);
    return n.nextPid;
  }

  /** Starts a task on a node and returns it; its UPID is what the API answers. */
  startTask(request: TaskRequest, body: TaskBody): LabTask {
    const node = this.node(request.node);
    const pid = this.takePid(request.node);
    const startedAt = this.seconds();
    const pstart = Math.max(0, Math.floor((this.now() / 1000 - node.bootedAt) * 100));
    const upid = pveUpid({ ...request, pid, pstart, startedAt });
    const { type, id, user } = request;
    const task: LabTask = { upid, node: node.name, pid, pstart, startedAt, type, id, user, log: [] };
    this.#tagOf.set(task, request.tag ?? 'pvedaemon');
    return this.tasks.start(task, body);
  }

  /** Puts a task into the archive that ended before the lab began; times in seconds. */
  addPastTask(past: {
    node: string;
    type: string;
    id: string;
    user?: string;
    startedAt: number;
    seconds: number;
    status?: string;
    log?: readonly string[];
  }): LabTask {
    const node = this.node(past.node);
    const status = past.status ?? 'OK';
    const base = {
      node: past.node,
      pid: this.takePid(past.node),
      pstart: Math.max(0, (past.startedAt - node.bootedAt) * 100),
      startedAt: past.startedAt,
      type: past.type,
      id: past.id,
      user: past.user ?? 'root@pam',
    };
    const isGood = status === 'OK' || status.startsWith('WARNINGS');
    const log = [...(past.log ?? []), isGood ? `TASK ${status}` : `TASK ERROR: ${status}`];
    const task: LabTask = {
      ...base,
      upid: pveUpid(base),
      log,
      endedAt: past.startedAt + past.seconds,
      status,
    };
    this.tasks.addFinished(task);
    return task;
  }

  /** Syslog tag of a task's parent daemon, which its worker keeps. */
  tagOf(task: LabTask): string {
    return this.#tagOf.get(task) ?? 'pvedaemon';
  }

  guest(vmid: number): LabGuest {
    const guest = this.guests.get(vmid);
    if (guest === undefined) throw new Error(`the lab has no guest ${vmid}`);
    return guest;
  }

  guestsOf(node: string): LabGuest[] {
    return [...this.guests.values()].filter((g) => g.node === node).sort((a, b) => a.vmid - b.vmid);
  }

  storage(id: string): LabStorage {
    const storage = this.storages.get(id);
    if (storage === undefined) throw new Error(`the lab has no storage ${id}`);
    return storage;
  }

  /** Remembers what pvestatd goes on telling until its next pass; call before changing status or node. */
  markChanging(guest: LabGuest): void {
    const until = (Math.floor(this.now() / this.statsIntervalMs) + 1) * this.statsIntervalMs;
    const { status, node, startedAt } = guest;
    guest.stale ??= { status, node, startedAt, until };
    if (guest.stale.until <= this.now()) guest.stale = { status, node, startedAt, until };
  }

  #taskStarted(task: LabTask): void {
    const tag = this.tagOf(task);
    const pid = this.node(task.node).daemons[tag] ?? 1;
    const msg = `starting task ${task.upid}`;
    this.syslog(task.node, tag, pid, PRI.info, `<${task.user}> ${msg}`);
    this.logCluster(task.node, { pri: 6, tag, pid, user: task.user, msg });
  }

  #taskEnded(task: LabTask): void {
    if (!this.isAlive(task.node)) return;
    const tag = this.tagOf(task);
    const pid = this.node(task.node).daemons[tag] ?? 1;
    const status = task.status ?? '';
    const isGood = status === 'OK' || status.startsWith('WARNINGS: ');
    const msg = `end task ${task.upid} ${status}`;
    this.syslog(task.node, tag, pid, isGood ? PRI.info : PRI.err, `<${task.user}> ${msg}`);
    this.logCluster(task.node, { pri: isGood ? 6 : 3, tag, pid, user: task.user, msg });
  }
}

/** From power loss to the new membership: token timeout and consensus. */
export const MEMBERSHIP_DELAY_MS = 8_000;
/** Entries of the status cache expire after this; then a dead node's guests turn unknown. */
export const STATUS_EXPIRY_MS = 300_000;
