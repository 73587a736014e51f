import { AccessControl } from './access.ts';
import type { LabNotification, LabOrigin } from './listener.ts';
import { NotificationConfig } from './notification-config.ts';
import type { JournalLine } from './pve-model.ts';
import { makeMachine, type LabMachine } from './machine.ts';
import { PRI, tell, type SiteContext } from './pve-site.ts';
import { TaskEngine, type LabTask, type TaskBody } from './tasks.ts';
import { rfc3339Stamp } from '../render/units.ts';
import { PBS_ROLES } from './roles.ts';
import { pbsUpid } from './upid.ts';

const MAX_JOURNAL_LINES = 2_000;

/** A backup snapshot; times in epoch seconds. */
export interface PbsSnapshot {
  readonly type: 'vm' | 'ct' | 'host';
  readonly id: string;
  readonly time: number;
  readonly ns: string;
  readonly sizeBytes: number;
  readonly owner: string;
  comment?: string;
  protected: boolean;
  verification?: { state: 'ok' | 'failed'; upid: string };
  /** Chunks of it are damaged: the next verification fails on it. */
  corrupt?: boolean;
}

/** What the last garbage collection found. */
export interface GcStatus {
  readonly upid: string;
  readonly indexFiles: number;
  readonly removedBytes: number;
  readonly removedChunks: number;
  readonly pendingBytes: number;
  readonly pendingChunks: number;
  readonly diskChunks: number;
}

/** A datastore. */
export interface PbsDatastore {
  readonly name: string;
  readonly path: string;
  readonly totalBytes: number;
  usedBytes: number;
  readonly comment?: string;
  /** Shown instead of numbers while it is not there. */
  error?: string;
  gcSchedule?: string;
  gc?: GcStatus;
  readonly snapshots: PbsSnapshot[];
  /** Epoch seconds; set when the history lets one guess. */
  estimatedFullAt?: number;
}

/** A configured job and its last run. */
export interface PbsJob {
  readonly id: string;
  readonly kind: 'verify' | 'prune' | 'sync';
  readonly store: string;
  readonly schedule: string;
  readonly ns?: string;
  readonly comment?: string;
  /** sync: name of the remote (absent: local) and its datastore. */
  readonly remote?: string;
  readonly remoteStore?: string;
  /** prune: retention. */
  readonly keep?: Readonly<Record<string, number>>;
  lastUpid?: string;
  lastState?: string;
  lastEndedAt?: number;
}

/** State of one Proxmox Backup Server. */
export class PbsSite {
  readonly name: string;
  readonly fqdn: string;
  readonly ip: string;
  readonly version = '4.2.3';
  readonly bootedAt: number;
  readonly datastores = new Map<string, PbsDatastore>();
  readonly jobs = new Map<string, PbsJob>();
  readonly access: AccessControl;
  readonly tasks: TaskEngine;
  readonly journal: JournalLine[] = [];
  /** Notification targets and matchers of the API. */
  readonly notifications = new NotificationConfig('pbs');
  readonly proxyPid: number;
  fingerprint = '';
  readonly machine: LabMachine;
  readonly context: SiteContext;
  #taskNumber = 0;

  constructor(context: SiteContext, options: { name: string; domain: string; ip: string; upDays: number }) {
    this.context = context;
    this.name = options.name;
    this.fqdn = `${options.name}.${options.domain}`;
    this.ip = options.ip;
    this.bootedAt = Math.floor(context.clock.now() / 1000) - options.upDays * 86_400;
    this.proxyPid = 863;
    this.machine = makeMachine(options.name, { nowSeconds: this.seconds(), zpool: 'tank' });
    this.access = new AccessControl({ roles: PBS_ROLES });
    this.tasks = new TaskEngine(context.clock, {
      onStart: () => undefined,
      onEnd: (task) => this.#taskEnded(task),
    });
  }

  now(): number {
    return this.context.clock.now();
  }

  seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  datastore(name: string): PbsDatastore {
    const store = this.datastores.get(name);
    if (store === undefined) throw new Error(`the lab's PBS has no datastore ${name}`);
    return store;
  }

  get origin(): LabOrigin {
    return { product: 'pbs', node: this.name, fqdn: this.fqdn };
  }

  syslog(tag: string, pid: number, pri: number, text: string): void {
    const at = this.now();
    this.journal.push({ at, tag, pid, pri, text });
    if (this.journal.length > MAX_JOURNAL_LINES) this.journal.shift();
    tell(this.context.listeners, (l) =>
      l.onSyslog?.({ origin: this.origin, at, node: this.name, tag, pid, pri, text }),
    );
  }

  /** A line of proxmox-backup-proxy, which runs all the work. */
  proxyLog(pri: number, text: string): void {
    this.syslog('proxmox-backup-proxy', this.proxyPid, pri, text);
  }

  notify(notification: LabNotification): void {
    tell(this.context.listeners, (l) => l.onNotification?.(this.origin, notification));
  }

  /** Starts a task; all tasks of the daemon share its pid and start, only the number tells them apart. */
  startTask(request: { type: string; id: string; user: string }, body: TaskBody): LabTask {
    this.#taskNumber += 1;
    const startedAt = this.seconds();
    const { type, id, user } = request;
    const base = { node: this.name, pid: this.proxyPid, pstart: 2_587, startedAt, type, id, user };
    const task: LabTask = { ...base, upid: pbsUpid(base, this.#taskNumber), log: [] };
    return this.tasks.start(task, body, (text) => `${rfc3339Stamp(this.now())}: ${text}`);
  }

  /** Puts a task into the archive that ended before the lab began; times in seconds. */
  addPastTask(past: { type: string; id: string; user: string; startedAt: number; seconds: number }): LabTask {
    this.#taskNumber += 1;
    const { type, id, user, startedAt } = past;
    const base = { node: this.name, pid: this.proxyPid, pstart: 2_587, startedAt, type, id, user };
    const endedAt = startedAt + past.seconds;
    const log = [`${rfc3339Stamp(endedAt * 1000)}: TASK OK`];
    const task: LabTask = { ...base, upid: pbsUpid(base, this.#taskNumber), log, endedAt, status: 'OK' };
    this.tasks.addFinished(task);
    return task;
  }

  #taskEnded(task: LabTask): void {
    const status = task.status ?? '';
    if (status === 'OK') return;
    this.proxyLog(
      status.startsWith('WARNINGS') ? PRI.warning : PRI.err,
      `TASK ${status.startsWith('WARNINGS') ? status : `ERROR: ${status}`}`,
    );
  }
}
