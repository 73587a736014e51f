import { DatabaseSync } from 'node:sqlite';
import { BusUnavailable } from '../bus.ts';

/** `NORMAL`: safe against a killed process. `FULL`: also against power loss, at a cost per commit. */
export type Synchronous = 'NORMAL' | 'FULL';

/** Number of the tables' layout; a file of a newer one is refused. */
const LAYOUT = 1;

/**
 * Opens a file for this process alone and makes its tables.
 *
 * @param tables `CREATE TABLE IF NOT EXISTS …`
 * @throws {BusUnavailable} another process (or another bus of this one) has it open.
 */
export function openDatabase(file: string, synchronous: Synchronous, tables: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 0 });
  try {
    // In exclusive mode the first write takes a lock that the kernel drops when the process ends, however it ends.
    db.exec('PRAGMA locking_mode=EXCLUSIVE');
    // For a new file. A message is some 1,000 bytes: four of them fill a page of SQLite's own 4,096 badly, and every page of a
    // commit has its price.
    db.exec('PRAGMA page_size=8192');
    db.exec('PRAGMA journal_mode=WAL');
    db.exec(`PRAGMA synchronous=${synchronous}`);
    db.exec('PRAGMA journal_size_limit=67108864');
    // Ids are hashes, so a batch of new ones touches pages all over the index: with SQLite's own 4 MB of log they went to
    // the table every few batches, with 32 MB most of them meet there again. The cache holds that index for some 200,000.
    db.exec('PRAGMA wal_autocheckpoint=4000');
    db.exec('PRAGMA cache_size=-16000');
    db.exec('BEGIN IMMEDIATE');
    const layout = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    if (layout > LAYOUT)
      throw new Error(
        `opening ${file}: written by a newer version (layout ${layout}, this one knows ${LAYOUT})`,
      );
    db.exec(tables);
    db.exec(`PRAGMA user_version=${LAYOUT}`);
    db.exec('COMMIT');
    return db;
  } catch (error) {
    db.close();
    if (isLocked(error)) {
      throw new BusUnavailable(
        `opening ${file}: another process has it open; one process only may use it (set NATS_URL to run several)`,
        { cause: error },
      );
    }
    throw error;
  }
}

// SQLITE_BUSY is 5, SQLITE_LOCKED 6; the low byte of an extended code is the code.
function isLocked(error: unknown): boolean {
  const code =
    typeof error === 'object' && error !== null && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  return code === 5 || code === 6;
}
