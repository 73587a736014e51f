import { renderVzdump, type VzdumpGuestResult } from '../render/vzdump.ts';
import { archiveStamp, hms, localStamp, snapshotStamp, vzdumpSize } from '../render/units.ts';
import type { LabGuest, LabStorage } from './pve-model.ts';
import { GIB } from './sizes.ts';
import { copyGuest } from './vzdump-copy.ts';
import { keepArchive } from './vzdump-keep.ts';
import { PRI, type PveSite } from './pve-site.ts';
import { TaskFailure, TaskInterrupted, type LabTask, type TaskHandle } from './tasks.ts';

/** What a backup run is to do. */
export interface VzdumpOptions {
  readonly node: string;
  readonly vmids: readonly number[];
  readonly storage: string;
  readonly mode?: 'snapshot' | 'suspend' | 'stop';
  readonly user: string;
  /** Id of the job in jobs.cfg; sets `job-id` in the notification and the scheduler as parent. */
  readonly jobId?: string;
  /** As `pvesh` would print it after `vzdump`; made from the other options when absent. */
  readonly commandLine?: string;
  readonly prune?: string;
  /** World seconds one guest takes; default by its used bytes at 120 MiB/s. */
  readonly secondsPerGuest?: number;
}

/** Called when a guest's backup to a PBS storage begins, so that the PBS can have its own task. */
export type PbsBackupStart = (backup: {
  storage: LabStorage;
  guest: LabGuest;
  at: number;
  totalMs: number;
  error: string | undefined;
}) => void;

/** Starts a backup job on a node. The id of its task is the vmid only for exactly one guest. */
export function startVzdump(site: PveSite, options: VzdumpOptions, onPbsBackup?: PbsBackupStart): LabTask {
  const only = options.vmids.length === 1 ? String(options.vmids[0]) : '';
  return site.startTask(
    {
      node: options.node,
      type: 'vzdump',
      id: only,
      user: options.user,
      tag: options.jobId === undefined ? 'pvedaemon' : 'pvescheduler',
    },
    (handle) => new VzdumpRun(site, options, handle, onPbsBackup).steps(),
  );
}

function commandLineOf(options: VzdumpOptions): string {
  if (options.commandLine !== undefined) return options.commandLine;
  const parts = ['vzdump', ...options.vmids.map(String)];
  if (options.jobId !== undefined) parts.push('--quiet 1');
  parts.push(`--mode ${options.mode ?? 'snapshot'}`);
  if (options.jobId !== undefined) parts.push("--notes-template '{{guestname}}'");
  parts.push(`--compress zstd`, `--storage ${options.storage}`);
  if (options.jobId === undefined) parts.push(`--node ${options.node}`);
  if (options.prune !== undefined) parts.push(`--prune-backups '${options.prune}'`);
  return parts.join(' ');
}

class VzdumpRun {
  readonly #site: PveSite;
  readonly #options: VzdumpOptions;
  readonly #handle: TaskHandle;
  readonly #onPbsBackup: PbsBackupStart | undefined;
  readonly #results: VzdumpGuestResult[] = [];
  #guestLog: string[] = [];

  constructor(
    site: PveSite,
    options: VzdumpOptions,
    handle: TaskHandle,
    onPbsBackup: PbsBackupStart | undefined,
  ) {
    this.#site = site;
    this.#options = options;
    this.#handle = handle;
    this.#onPbsBackup = onPbsBackup;
  }

  *steps(): Generator<number, void, void> {
    yield* this.#globalLock();
    const began = this.#site.now();
    const storage = this.#site.storages.get(this.#options.storage);
    const jobError = this.#storageError(storage);
    if (jobError !== undefined || storage === undefined) {
      yield 2_000;
      this.#notify(began, jobError);
      throw new TaskFailure(jobError ?? 'job errors');
    }
    this.#say('INFO', `starting new backup job: ${commandLineOf(this.#options)}`, { toSyslog: true });
    let interrupted = false;
    for (const vmid of this.#options.vmids) {
      interrupted = yield* this.#guest(vmid, storage);
      if (interrupted) break;
    }
    const failed = this.#results.some((r) => r.status === 'err');
    this.#guestLog = [];
    this.#say('INFO', failed ? 'Backup job finished with errors' : 'Backup job finished successfully', {
      toSyslog: true,
    });
    this.#notify(began, undefined);
    if (failed) throw new TaskFailure('job errors');
  }

  /** Jobs of one node run one after the other (/var/run/vzdump.lock). */
  *#globalLock(): Generator<number, void, void> {
    const { task, log } = this.#handle;
    const holders = this.#site.vzdumpHolders;
    const isFree = () =>
      this.#site.tasks.get(holders.get(task.node) ?? '')?.status !== undefined || !holders.has(task.node);
    if (!isFree()) {
      log('INFO: trying to get global lock - waiting...');
      while (!isFree()) yield 1_000;
      log('INFO: got global lock');
    }
    holders.set(task.node, task.upid);
  }

  #storageError(storage: LabStorage | undefined): string | undefined {
    const id = this.#options.storage;
    if (storage === undefined) {
      return `could not activate storage '${id}': storage '${id}' does not exist\ncould not get storage information for '${id}': storage '${id}' does not exist`;
    }
    if (storage.disabled) return `could not get storage information for '${id}': storage '${id}' is disabled`;
    if (!storage.online) return `could not activate storage '${id}': storage '${id}' is not online`;
    return undefined;
  }

  #say(
    level: 'INFO' | 'ERROR' | 'WARN',
    text: string,
    options: { toSyslog?: boolean; taskOnly?: boolean } = {},
  ): void {
    this.#handle.log(`${level}: ${text}`);
    if (options.taskOnly !== true) this.#guestLog.push(`${localStamp(this.#site.now())} ${level}: ${text}`);
    if (options.toSyslog === true) {
      const { task } = this.#handle;
      this.#site.syslog(
        task.node,
        this.#site.tagOf(task),
        task.pid,
        level === 'ERROR' ? PRI.err : PRI.info,
        `${level}: ${text}`,
      );
    }
  }

  /** Backs one guest up; returns whether somebody stopped the task. */
  *#guest(vmid: number, storage: LabStorage): Generator<number, boolean, void> {
    const began = this.#site.now();
    this.#guestLog = [];
    const guest = this.#site.guests.get(vmid);
    if (guest === undefined || guest.node !== this.#options.node) {
      this.#failed(vmid, `VM ${vmid}`, began, `unable to find VM '${vmid}'`);
      return false;
    }
    this.#say('INFO', `Starting Backup of VM ${vmid} (${guest.kind})`, { toSyslog: true });
    this.#say('INFO', `Backup started at ${localStamp(began)}`, { taskOnly: true });
    const lockBefore = guest.lock;
    try {
      if (lockBefore !== undefined)
        throw new TaskFailure(`${guest.kind === 'qemu' ? 'VM' : 'CT'} is locked (${lockBefore})`);
      guest.lock = 'backup';
      const { filename, sizeBytes } = yield* this.#archive(guest, storage);
      const seconds = (this.#site.now() - began) / 1000;
      this.#say('INFO', `Finished Backup of VM ${vmid} (${hms(seconds)})`, { toSyslog: true });
      this.#say('INFO', `Backup finished at ${localStamp(this.#site.now())}`, { taskOnly: true });
      this.#results.push({
        vmid,
        name: guest.name,
        status: 'ok',
        seconds,
        sizeBytes,
        filename,
        log: this.#guestLog,
      });
      return false;
    } catch (error) {
      const interrupted = error instanceof TaskInterrupted;
      this.#failed(
        vmid,
        guest.name,
        began,
        interrupted ? 'interrupted by signal' : error instanceof Error ? error.message : String(error),
      );
      return interrupted;
    } finally {
      if (lockBefore === undefined) delete guest.lock;
    }
  }

  #failed(vmid: number, name: string, began: number, error: string): void {
    this.#say('ERROR', `Backup of VM ${vmid} failed - ${error}`, { toSyslog: true });
    this.#say('INFO', `Failed at ${localStamp(this.#site.now())}`, { taskOnly: true });
    const seconds = (this.#site.now() - began) / 1000;
    this.#results.push({ vmid, name, status: 'err', seconds, sizeBytes: 0, log: this.#guestLog, error });
  }

  *#archive(
    guest: LabGuest,
    storage: LabStorage,
  ): Generator<number, { filename: string; sizeBytes: number }, void> {
    const mode = this.#options.mode ?? 'snapshot';
    const isRunning = guest.status === 'running';
    this.#say('INFO', `status = ${guest.status}`);
    if (guest.kind === 'qemu') {
      this.#say('INFO', `VM Name: ${guest.name}`);
      for (const disk of guest.disks) {
        this.#say('INFO', `include disk '${disk.key}' '${disk.volid}' ${Math.round(disk.sizeBytes / GIB)}G`);
      }
    } else this.#say('INFO', `CT Name: ${guest.name}`);
    if (guest.kind === 'lxc') this.#say('INFO', "including mount point rootfs ('/') in backup");
    this.#say('INFO', `backup mode: ${isRunning ? mode : 'stop'}`);
    this.#say('INFO', 'ionice priority: 7');
    const at = this.#site.now();
    const toPbs = storage.type === 'pbs';
    const snapshot = `${guest.kind === 'qemu' ? 'vm' : 'ct'}/${guest.vmid}/${snapshotStamp(at)}`;
    const file = `vzdump-${guest.kind}-${guest.vmid}-${archiveStamp(at)}.${guest.kind === 'qemu' ? 'vma' : 'tar'}.zst`;
    const filename = toPbs ? snapshot : `${storage.path ?? '/var/lib/vz'}/dump/${file}`;
    this.#say(
      'INFO',
      toPbs
        ? `creating Proxmox Backup Server archive '${snapshot}'`
        : `creating vzdump archive '${filename}'`,
    );
    const totalMs =
      (this.#options.secondsPerGuest ?? Math.max(5, guest.usedBytes / (120 * 1024 * 1024))) * 1000;
    const failure = guest.backupFailure;
    const fullError = storage.usedBytes >= storage.totalBytes ? this.#noSpace(storage) : undefined;
    const error = failure?.error ?? fullError;
    if (failure?.once === true) delete guest.backupFailure;
    const failAt = failure?.atPercent ?? 3;
    if (toPbs)
      this.#onPbsBackup?.({
        storage,
        guest,
        at,
        totalMs: error === undefined ? totalMs : (totalMs * failAt) / 100,
        error,
      });
    yield* copyGuest(this.#site, guest, { totalMs, error, failAt, isRunning }, (level, text) =>
      this.#say(level, text),
    );
    const ratio = 0.35 + (guest.vmid % 7) / 40;
    const sizeBytes = Math.round(guest.usedBytes * ratio);
    if (!toPbs) this.#say('INFO', `archive file size: ${vzdumpSize(sizeBytes)}`);
    keepArchive(
      guest,
      storage,
      { file, snapshot, sizeBytes, at, prune: this.#options.prune },
      (level, text) => this.#say(level, text),
    );
    return { filename, sizeBytes };
  }

  #noSpace(storage: LabStorage): string {
    if (storage.type !== 'pbs') return 'job failed with err -28 - No space left on device';
    const store = String(storage.config['datastore'] ?? '');
    const chunk = this.#site.context.random.hex(64);
    return `backup write data failed: command error: write_data upload error: pipelined request failed: inserting chunk on store '${store}' failed for ${chunk} - mkstemp "/mnt/datastore/${store}/.chunks/${chunk.slice(0, 4)}/${chunk}.tmp_XXXXXX" failed: ENOSPC: No space left on device`;
  }

  #notify(began: number, jobError: string | undefined): void {
    const node = this.#site.node(this.#options.node);
    const rendered = renderVzdump({
      fqdn: node.fqdn,
      commandLine: commandLineOf(this.#options),
      guests: this.#results,
      totalSeconds: (this.#site.now() - began) / 1000,
      ...(jobError === undefined ? {} : { jobError: jobError.replaceAll('\n', ' ') }),
    });
    this.#site.notify(node.name, {
      type: 'vzdump',
      severity: rendered.failed ? 'error' : 'info',
      timestamp: this.#site.seconds(),
      fields: {
        type: 'vzdump',
        hostname: node.name,
        ...(this.#options.jobId === undefined ? {} : { 'job-id': this.#options.jobId }),
      },
      title: rendered.title,
      body: rendered.body,
    });
    for (const target of this.#site.notificationTargets)
      this.#handle.log(`INFO: notified via target \`${target}\``);
  }
}
