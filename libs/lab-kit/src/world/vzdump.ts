import { renderVzdump, type VzdumpGuestResult } from '../render/vzdump.ts';
import {
  archiveStamp,
  duration,
  fixedBytes,
  hms,
  localStamp,
  snapshotStamp,
  vzdumpSize,
} from '../render/units.ts';
import type { LabGuest, LabStorage } from './pve-model.ts';
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

const GIB = 1024 ** 3;

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
    yield* this.#copy(guest, { totalMs, error, failAt, isRunning });
    const ratio = 0.35 + (guest.vmid % 7) / 40;
    const sizeBytes = Math.round(guest.usedBytes * ratio);
    if (!toPbs) this.#say('INFO', `archive file size: ${vzdumpSize(sizeBytes)}`);
    this.#keep(guest, storage, { file, snapshot, sizeBytes, at });
    return { filename, sizeBytes };
  }

  #noSpace(storage: LabStorage): string {
    if (storage.type !== 'pbs') return 'job failed with err -28 - No space left on device';
    const store = String(storage.config['datastore'] ?? '');
    const chunk = this.#site.context.random.hex(64);
    return `backup write data failed: command error: write_data upload error: pipelined request failed: inserting chunk on store '${store}' failed for ${chunk} - mkstemp "/mnt/datastore/${store}/.chunks/${chunk.slice(0, 4)}/${chunk}.tmp_XXXXXX" failed: ENOSPC: No space left on device`;
  }

  *#copy(
    guest: LabGuest,
    plan: { totalMs: number; error: string | undefined; failAt: number; isRunning: boolean },
  ): Generator<number, void, void> {
    const total = guest.disks.reduce((sum, d) => sum + d.sizeBytes, 0);
    if (guest.kind === 'lxc') {
      yield plan.error === undefined ? plan.totalMs : (plan.totalMs * plan.failAt) / 100;
      if (plan.error !== undefined) throw new TaskFailure(plan.error);
      const rate = Math.round(guest.usedBytes / (plan.totalMs / 1000) / 1024 ** 2);
      this.#say(
        'INFO',
        `Total bytes written: ${guest.usedBytes} (${(guest.usedBytes / GIB).toFixed(1)}GiB, ${rate}MiB/s)`,
      );
      return;
    }
    if (guest.agent && plan.isRunning) {
      this.#say('INFO', "issuing guest-agent 'fs-freeze' command");
      this.#say('INFO', "issuing guest-agent 'fs-thaw' command");
    }
    this.#say('INFO', `started backup task '${this.#site.context.random.uuid()}'`);
    if (plan.isRunning) this.#say('INFO', 'resuming VM again');
    const began = this.#site.now();
    const read = total / 1024 ** 2 / (plan.totalMs / 1000);
    const progress = (percent: number) => {
      const seconds = Math.max(1, Math.round((this.#site.now() - began) / 1000));
      this.#say(
        'INFO',
        `${String(percent).padStart(3)}% (${fixedBytes((total * percent) / 100)} of ${fixedBytes(total)}) in ${duration(seconds)}, read: ${read.toFixed(1)} MiB/s, write: ${(read / 3).toFixed(1)} MiB/s`,
      );
    };
    let last = 0;
    for (const percent of [3, 11, 24, 37, 52, 61, 76, 89, 100]) {
      const stopHere = plan.error !== undefined && percent > plan.failAt;
      const next = stopHere ? plan.failAt : percent;
      yield (plan.totalMs * (next - last)) / 100;
      last = next;
      if (stopHere || (plan.error !== undefined && percent === plan.failAt)) {
        if (percent === plan.failAt) progress(percent);
        this.#say('ERROR', plan.error ?? '');
        this.#say('INFO', 'aborting backup job');
        if (plan.isRunning) this.#say('INFO', 'resuming VM again');
        throw new TaskFailure(plan.error);
      }
      progress(percent);
    }
    const zero = total - guest.usedBytes;
    if (zero > 0)
      this.#say(
        'INFO',
        `backup is sparse: ${fixedBytes(zero, 2)} (${Math.round((zero / total) * 100)}%) total zero data`,
      );
    const seconds = Math.max(1, Math.round((this.#site.now() - began) / 1000));
    this.#say(
      'INFO',
      `transferred ${fixedBytes(total, 2)} in ${seconds} seconds (${(total / 1024 ** 2 / seconds).toFixed(1)} MiB/s)`,
    );
  }

  #keep(
    guest: LabGuest,
    storage: LabStorage,
    made: { file: string; snapshot: string; sizeBytes: number; at: number },
  ): void {
    const toPbs = storage.type === 'pbs';
    storage.volumes.push({
      volid: `${storage.id}:backup/${toPbs ? made.snapshot : made.file}`,
      content: 'backup',
      format: toPbs
        ? `pbs-${guest.kind === 'qemu' ? 'vm' : 'ct'}`
        : made.file.endsWith('.vma.zst')
          ? 'vma.zst'
          : 'tar.zst',
      sizeBytes: made.sizeBytes,
      createdAt: Math.floor(made.at / 1000),
      vmid: guest.vmid,
      subtype: guest.kind,
      notes: guest.name,
      ...(storage.shared ? {} : { node: guest.node }),
    });
    storage.usedBytes = Math.min(storage.totalBytes, storage.usedBytes + made.sizeBytes);
    this.#say('INFO', 'adding notes to backup');
    const prune = this.#options.prune ?? storage.prune;
    const keep = Number(/keep-last=(\d+)/.exec(prune ?? '')?.[1] ?? Number.POSITIVE_INFINITY);
    if (prune === undefined) return;
    this.#say('INFO', `prune older backups with retention: ${prune}`);
    const own = storage.volumes
      .filter((v) => v.content === 'backup' && v.vmid === guest.vmid && v.protected !== true)
      .sort((a, b) => b.createdAt - a.createdAt);
    const gone = new Set(own.slice(keep));
    for (const volume of gone) {
      this.#say('INFO', `removing backup '${volume.volid}'`);
      storage.volumes.splice(storage.volumes.indexOf(volume), 1);
      storage.usedBytes = Math.max(0, storage.usedBytes - volume.sizeBytes);
    }
    this.#say(
      'INFO',
      `pruned ${gone.size} backup(s)${gone.size > 0 ? ' not covered by keep-retention policy' : ''}`,
    );
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
