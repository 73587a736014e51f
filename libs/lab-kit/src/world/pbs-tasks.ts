import { renderGc, renderPrune, renderSync, renderVerify } from '../render/pbs.ts';
import { humanBytes, snapshotStamp } from '../render/units.ts';
import { PRI } from './pve-site.ts';
import type { PbsDatastore, PbsJob, PbsSite, PbsSnapshot } from './pbs-site.ts';
import { TaskFailure, type LabTask } from './tasks.ts';

const CHUNK = 4 * 1024 ** 2;
const nameOf = (s: PbsSnapshot) => `${s.type}/${s.id}/${snapshotStamp(s.time * 1000)}`;
const withNs = (s: PbsSnapshot) => `${s.ns === '' ? '' : `ns/${s.ns}/`}${nameOf(s)}`;

function requireMounted(store: PbsDatastore): void {
  if (store.error !== undefined) throw new TaskFailure(store.error);
}

function tellEnd(
  site: PbsSite,
  fields: { type: string; datastore: string; jobId?: string },
  failed: boolean,
  rendered: { title: string; body: string },
): void {
  site.notify({
    type: fields.type,
    severity: failed ? 'error' : 'info',
    timestamp: site.seconds(),
    fields: {
      type: fields.type,
      hostname: site.name,
      datastore: fields.datastore,
      ...(fields.jobId === undefined ? {} : { 'job-id': fields.jobId }),
    },
    ...rendered,
  });
}

/** What a client writes to the server. */
export interface PbsBackupOptions {
  readonly store: string;
  readonly type: 'vm' | 'ct' | 'host';
  readonly id: string;
  readonly ns?: string;
  readonly user: string;
  readonly sizeBytes: number;
  readonly seconds: number;
  readonly from?: string;
  /** The client gives up after `seconds`, without finishing. */
  readonly clientVanishes?: boolean;
}

/** A client writes a backup. A full datastore makes it fail. */
export function startBackup(site: PbsSite, options: PbsBackupOptions): LabTask {
  const store = site.datastore(options.store);
  const ns = options.ns ?? '';
  return site.startTask(
    { type: 'backup', id: `${store.name}:${options.type}/${options.id}`, user: options.user },
    function* ({ log }) {
      const snapshot: PbsSnapshot = {
        type: options.type,
        id: options.id,
        time: site.seconds(),
        ns,
        sizeBytes: options.sizeBytes,
        owner: options.user,
        protected: false,
      };
      const name = withNs(snapshot);
      const starting = `starting new backup on datastore '${store.name}' from ::ffff:${options.from ?? '192.0.2.11'}: "${name}"`;
      log(starting);
      site.proxyLog(PRI.info, starting);
      requireMounted(store);
      const previous = latest(store, options.type, options.id);
      if (previous !== undefined)
        log(`download 'index.json.blob' from previous backup '${nameOf(previous)}'.`);
      const archive = options.type === 'vm' ? 'drive-scsi0.img.fidx' : 'root.pxar.didx';
      const kind = options.type === 'vm' ? 'fixed' : 'dynamic';
      log(`created new ${kind} index 1 ("${name}/${archive}")`);
      log(
        `add blob "${store.path}/${name}/${options.type === 'vm' ? 'qemu-server.conf.blob' : 'pct.conf.blob'}" (398 bytes, comp: 398)`,
      );
      yield options.seconds * 1000;
      const uploaded = Math.round(options.sizeBytes * (previous === undefined ? 0.6 : 0.04));
      const isFull = store.usedBytes + uploaded > store.totalBytes;
      if (isFull || options.clientVanishes === true) {
        if (isFull) {
          const chunk = site.context.random.hex(64);
          log(
            `POST /${kind}_chunk: 400 Bad Request: inserting chunk on store '${store.name}' failed for ${chunk} - mkstemp "${store.path}/.chunks/${chunk.slice(0, 4)}/${chunk}.tmp_XXXXXX" failed: ENOSPC: No space left on device`,
          );
        }
        const error = 'backup ended but finished state is not set.';
        log(`backup failed: ${error}`);
        log('removing failed backup');
        log('removing unfinished backup');
        throw new TaskFailure(error);
      }
      const chunks = Math.max(1, Math.ceil(options.sizeBytes / CHUNK));
      const known = Math.round(chunks * (1 - uploaded / Math.max(1, options.sizeBytes)));
      log(`Upload statistics for '${archive}'`);
      log(`UUID: ${site.context.random.hex(32)}`);
      log(`Checksum: ${site.context.random.hex(64)}`);
      log(`Size: ${options.sizeBytes}`);
      log(`Chunk count: ${chunks}`);
      log(`Upload size: ${uploaded} (${Math.round((uploaded / Math.max(1, options.sizeBytes)) * 100)}%)`);
      log(`Duplicates: ${known}+0 (${Math.round((known / chunks) * 100)}%)`);
      log('Compression: 41%');
      log(`successfully closed ${kind} index 1`);
      log('successfully finished backup');
      log('backup finished successfully');
      store.usedBytes += uploaded;
      store.snapshots.push(snapshot);
    },
  );
}

function latest(store: PbsDatastore, type: string, id: string): PbsSnapshot | undefined {
  return store.snapshots.filter((s) => s.type === type && s.id === id).sort((a, b) => b.time - a.time)[0];
}

function remember(site: PbsSite, job: PbsJob, task: LabTask, state: string): void {
  job.lastUpid = task.upid;
  job.lastState = state;
  job.lastEndedAt = site.seconds();
}

/** Verification of a whole datastore by a job; fails on corrupt snapshots. */
export function runVerifyJob(
  site: PbsSite,
  job: PbsJob,
  options: { user?: string; scheduled?: boolean; seconds?: number } = {},
): LabTask {
  const store = site.datastore(job.store);
  return site.startTask(
    { type: 'verificationjob', id: `${store.name}:${job.id}`, user: options.user ?? 'root@pam' },
    function* ({ task, log }) {
      const failed: string[] = [];
      try {
        log(`Starting datastore verify job '${store.name}:${job.id}'`);
        if (options.scheduled === true) log(`task triggered by schedule '${job.schedule}'`);
        requireMounted(store);
        log(`verify datastore ${store.name}`);
        const groups = groupsOf(store);
        log(`found ${groups.length} groups`);
        for (const [index, group] of groups.entries()) {
          log(`verify group ${store.name}:${group.name} (${group.snapshots.length} snapshots)`);
          for (const snapshot of group.snapshots) {
            log(`verify ${store.name}:${nameOf(snapshot)}`);
            log(`  check ${snapshot.type === 'vm' ? 'drive-scsi0.img.fidx' : 'root.pxar.didx'}`);
            yield ((options.seconds ?? 30) * 1000) / store.snapshots.length;
            const errors = snapshot.corrupt === true ? 1 : 0;
            if (errors > 0) {
              log(`chunk ${site.context.random.hex(64)} was marked as corrupt, renamed to bad`);
              failed.push(withNs(snapshot));
            }
            const mib = (snapshot.sizeBytes / 1024 ** 2).toFixed(2);
            log(`  verified ${mib}/${mib} MiB in 2.11 seconds, speed 242.10/485.20 MiB/s (${errors} errors)`);
            snapshot.verification = { state: errors > 0 ? 'failed' : 'ok', upid: task.upid };
          }
          log(
            `percentage done: ${(((index + 1) / groups.length) * 100).toFixed(2)}% (${index + 1}/${groups.length} groups)`,
          );
        }
        if (failed.length > 0) {
          log('Failed to verify the following snapshots/groups:');
          for (const name of failed) log(`\t${name}`);
          throw new TaskFailure('verification failed - please check the log for details');
        }
        remember(site, job, task, 'OK');
      } catch (error) {
        remember(site, job, task, error instanceof Error ? error.message : String(error));
        throw error;
      } finally {
        tellEnd(
          site,
          { type: 'verify', datastore: store.name, jobId: job.id },
          failed.length > 0 || store.error !== undefined,
          renderVerify(site.fqdn, job, failed),
        );
      }
    },
  );
}

function groupsOf(store: PbsDatastore): { name: string; snapshots: PbsSnapshot[] }[] {
  const groups = new Map<string, PbsSnapshot[]>();
  for (const s of store.snapshots) {
    const name = `${s.type}/${s.id}`;
    const list = groups.get(name) ?? [];
    groups.set(name, list);
    list.push(s);
  }
  return [...groups].map(([name, snapshots]) => ({
    name,
    snapshots: snapshots.sort((a, b) => b.time - a.time),
  }));
}

/** Garbage collection. It needs a little room itself: a full datastore makes it fail. */
export function runGc(
  site: PbsSite,
  storeName: string,
  options: { user?: string; scheduled?: boolean; seconds?: number } = {},
): LabTask {
  const store = site.datastore(storeName);
  return site.startTask(
    { type: 'garbage_collection', id: store.name, user: options.user ?? 'root@pam' },
    function* ({ task, log }) {
      const ms = (options.seconds ?? 20) * 1000;
      try {
        log(`starting garbage collection on store ${store.name}`);
        if (options.scheduled === true) log(`task triggered by schedule '${store.gcSchedule ?? 'daily'}'`);
        requireMounted(store);
        if (store.usedBytes >= store.totalBytes) {
          throw new TaskFailure(
            'unable to update access time of chunk - No space left on device (os error 28)',
          );
        }
        log('Access time update check successful, proceeding with GC.');
        log(
          `Using access time cutoff 1d 5m, minimum access time is ${snapshotStamp(site.now() - 86_700_000)}`,
        );
        log('Start GC phase1 (mark used chunks)');
        const indexFiles = store.snapshots.length * 2;
        for (const percent of [1, 50, 100]) {
          yield ms / 5;
          log(
            `marked ${percent}% (${Math.max(1, Math.round((indexFiles * percent) / 100))} of ${indexFiles} index files)`,
          );
        }
        log('Start GC phase2 (sweep unused chunks)');
        const chunks = Math.round(store.usedBytes / CHUNK);
        for (const percent of [12, 100]) {
          yield ms / 5;
          log(`processed ${percent}% (${Math.round((chunks * percent) / 100)} chunks)`);
        }
        const removedBytes = Math.round(store.usedBytes * 0.008);
        store.usedBytes -= removedBytes;
        const original = store.snapshots.reduce((sum, s) => sum + s.sizeBytes, 0);
        const gc = {
          upid: task.upid,
          indexFiles,
          removedBytes,
          removedChunks: Math.round(removedBytes / CHUNK),
          pendingBytes: Math.round(removedBytes / 16),
          pendingChunks: Math.round(removedBytes / 16 / CHUNK),
          diskChunks: chunks - Math.round(removedBytes / CHUNK),
        };
        store.gc = gc;
        log(`Removed garbage: ${humanBytes(gc.removedBytes)}`);
        log(`Removed chunks: ${gc.removedChunks}`);
        log(`Pending removals: ${humanBytes(gc.pendingBytes)} (in ${gc.pendingChunks} chunks)`);
        log(`Original data usage: ${humanBytes(original)}`);
        log(
          `On-Disk usage: ${humanBytes(store.usedBytes)} (${((store.usedBytes / Math.max(1, original)) * 100).toFixed(2)}%)`,
        );
        log(`On-Disk chunks: ${gc.diskChunks}`);
        log(`Deduplication factor: ${(original / Math.max(1, store.usedBytes)).toFixed(2)}`);
        log(`Average chunk size: ${humanBytes(store.usedBytes / Math.max(1, gc.diskChunks))}`);
        const figures = { ...gc, originalBytes: original, onDiskBytes: store.usedBytes };
        tellEnd(site, { type: 'gc', datastore: store.name }, false, renderGc(site.fqdn, store.name, figures));
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        tellEnd(
          site,
          { type: 'gc', datastore: store.name },
          true,
          renderGc(site.fqdn, store.name, { error: text }),
        );
        throw error;
      }
    },
  );
}

/** Prune by a job; only the newest `keep-last` of each group stay. */
export function runPruneJob(
  site: PbsSite,
  job: PbsJob,
  options: { user?: string; scheduled?: boolean } = {},
): LabTask {
  const store = site.datastore(job.store);
  return site.startTask(
    { type: 'prunejob', id: store.name, user: options.user ?? 'root@pam' },
    function* ({ task, log }) {
      let failure: string | undefined;
      try {
        log(`prune job '${job.id}'`);
        if (options.scheduled === true) log(`task triggered by schedule '${job.schedule}'`);
        requireMounted(store);
        log(`Starting datastore prune on datastore '${store.name}', root namespace, down to full depth`);
        log(
          `retention options: ${Object.entries(job.keep ?? {})
            .map(([k, n]) => `--${k} ${n}`)
            .join(' ')}`,
        );
        yield 1_000;
        const keep = job.keep?.['keep-last'] ?? 3;
        for (const group of groupsOf(store)) {
          log(`Pruning group :"${group.name}"`);
          for (const [index, snapshot] of group.snapshots.entries()) {
            const stays = snapshot.protected ? 'keep protected' : index < keep ? 'keep' : 'remove';
            log(`${stays} ${nameOf(snapshot)}`);
            if (stays === 'remove') store.snapshots.splice(store.snapshots.indexOf(snapshot), 1);
          }
        }
        remember(site, job, task, 'OK');
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error);
        remember(site, job, task, failure);
        throw error;
      } finally {
        tellEnd(
          site,
          { type: 'prune', datastore: store.name, jobId: job.id },
          failure !== undefined,
          renderPrune(site.fqdn, job, failure),
        );
      }
    },
  );
}

/** Pull from another PBS or another local datastore. */
export function runSyncJob(
  site: PbsSite,
  job: PbsJob,
  options: { user?: string; scheduled?: boolean; failGroup?: string } = {},
): LabTask {
  const store = site.datastore(job.store);
  const source = job.remoteStore ?? 'source';
  const id = `${job.remote ?? '-'}:${source}:${store.name}:${job.ns ?? ''}:${job.id}`;
  return site.startTask({ type: 'syncjob', id, user: options.user ?? 'root@pam' }, function* ({ task, log }) {
    let failure: string | undefined;
    try {
      log(`Starting datastore sync job '${id}'`);
      if (options.scheduled === true) log(`task triggered by schedule '${job.schedule}'`);
      log(
        `sync datastore '${store.name}' from '${job.remote === undefined ? source : `${job.remote}/${source}`}'`,
      );
      log('----');
      requireMounted(store);
      const namespace = job.ns === undefined || job.ns === '' ? 'root namespace' : `namespace '${job.ns}'`;
      log(`Syncing datastore '${source}', root namespace into datastore '${store.name}', ${namespace}`);
      const groups = groupsOf(store).slice(0, 2);
      log(`Found ${groups.length} groups to sync (out of ${groups.length} total)`);
      let bytes = 0;
      for (const [index, group] of groups.entries()) {
        yield 4_000;
        if (options.failGroup === group.name) {
          failure = 'sync failed with some errors.';
          log(`sync group ${group.name} failed - connection lost`);
          continue;
        }
        const newest = group.snapshots[0];
        if (newest === undefined) continue;
        const archive = newest.type === 'vm' ? 'drive-scsi0.img.fidx' : 'root.pxar.didx';
        log(`${nameOf(newest)}: start sync`);
        log(`${nameOf(newest)}/${archive}: sync archive`);
        log(`${nameOf(newest)}/${archive}: downloaded ${humanBytes(newest.sizeBytes * 0.05)} (14.52 MiB/s)`);
        log(`${nameOf(newest)}: sync done`);
        bytes += newest.sizeBytes * 0.05;
        log(
          `percentage done: ${(((index + 1) / groups.length) * 100).toFixed(2)}% (${index + 1}/${groups.length} groups)`,
        );
      }
      log(
        `Finished syncing root namespace, current progress: ${groups.length} groups, ${groups.length} snapshots`,
      );
      log(
        `Summary: sync job pulled ${humanBytes(bytes)} in ${Math.round(bytes / CHUNK)} chunks (average rate: 21.3 MiB/s)`,
      );
      if (failure !== undefined) throw new TaskFailure(failure);
      log(`sync job '${job.id}' end`);
      remember(site, job, task, 'OK');
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
      remember(site, job, task, failure);
      throw error;
    } finally {
      tellEnd(
        site,
        { type: 'sync', datastore: store.name, jobId: job.id },
        failure !== undefined,
        renderSync(
          site.fqdn,
          { id: job.id, store: store.name, remote: job.remote, remoteStore: source },
          failure,
        ),
      );
    }
  });
}
