import type { ActivityFamily } from '../taxonomy.ts';
import type { LogReading } from './log-reading.ts';
import { readPbsBackup } from './read-pbs-backup.ts';
import { readPbsGc } from './read-pbs-gc.ts';
import { readPbsPrune } from './read-pbs-prune.ts';
import { readPbsSync } from './read-pbs-sync.ts';
import { readPbsVerify } from './read-pbs-verify.ts';

/** Readers by family; other families have nothing in their log that their UPID does not tell. */
const READERS: Partial<Record<ActivityFamily, (texts: readonly string[]) => LogReading>> = {
  'backup.snapshot': readPbsBackup,
  'backup.gc': readPbsGc,
  'backup.prune': readPbsPrune,
  'backup.sync': readPbsSync,
  'backup.verify': readPbsVerify,
};

/** Reads the log of a PBS task, without times (PROXMOX §B.6). */
export function readPbs(family: ActivityFamily, texts: readonly string[]): LogReading {
  const reading = READERS[family]?.(texts) ?? { facts: {} };
  const schedule = texts
    .map((t) => /^task triggered by schedule '(.{1,200})'$/.exec(t)?.[1])
    .find((s) => s !== undefined);
  return schedule === undefined ? reading : { ...reading, facts: { ...reading.facts, schedule } };
}
