import { PRI } from './pve-site.ts';
import type { PbsDatastore, PbsSite, PbsSnapshot } from './pbs-site.ts';
import { TaskFailure, type LabTask } from './tasks.ts';
import { CHUNK, nameOf, requireMounted, withNs } from './pbs-tasks.ts';

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
