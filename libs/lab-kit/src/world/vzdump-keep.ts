import type { LabGuest, LabStorage } from './pve-model.ts';
import type { Say } from './vzdump-copy.ts';

/** An archive that was written; `at` in milliseconds. */
export interface MadeArchive {
  /** File name on a file storage, snapshot on a PBS. */
  readonly file: string;
  readonly snapshot: string;
  readonly sizeBytes: number;
  readonly at: number;
  /** Retention of the job; the storage's when absent. */
  readonly prune: string | undefined;
}

/** Puts the archive on the storage and removes what the retention does not cover. */
export function keepArchive(guest: LabGuest, storage: LabStorage, made: MadeArchive, say: Say): void {
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
  say('INFO', 'adding notes to backup');
  const prune = made.prune ?? storage.prune;
  const keep = Number(/keep-last=(\d+)/.exec(prune ?? '')?.[1] ?? Number.POSITIVE_INFINITY);
  if (prune === undefined) return;
  say('INFO', `prune older backups with retention: ${prune}`);
  const own = storage.volumes
    .filter((v) => v.content === 'backup' && v.vmid === guest.vmid && v.protected !== true)
    .sort((a, b) => b.createdAt - a.createdAt);
  const gone = new Set(own.slice(keep));
  for (const volume of gone) {
    say('INFO', `removing backup '${volume.volid}'`);
    storage.volumes.splice(storage.volumes.indexOf(volume), 1);
    storage.usedBytes = Math.max(0, storage.usedBytes - volume.sizeBytes);
  }
  say('INFO', `pruned ${gone.size} backup(s)${gone.size > 0 ? ' not covered by keep-retention policy' : ''}`);
}
