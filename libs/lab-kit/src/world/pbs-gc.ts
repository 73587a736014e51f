import { renderGc } from '../render/pbs.ts';
import { humanBytes, snapshotStamp } from '../render/units.ts';
import type { PbsSite } from './pbs-site.ts';
import { TaskFailure, type LabTask } from './tasks.ts';
import { CHUNK, requireMounted, tellEnd } from './pbs-tasks.ts';

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
