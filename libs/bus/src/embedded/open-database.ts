import { DatabaseSync } from 'node:sqlite';
import { BusUnavailable } from '../bus.ts';
import { STREAM_NAMES } from '../shared/limits.ts';

/** `NORMAL`: safe against a killed process. `FULL`: also against power loss, at a cost per commit. */
export type Synchronous = 'NORMAL' | 'FULL';

const LAYOUT = 1;

/**
 * Opens the log's file for this process alone and makes its tables.
 *
 * @throws {BusUnavailable} another process (or another bus of this one) has it open.
 */
export function openDatabase(file: string, synchronous: Synchronous): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 0 });
  try {
    // In exclusive mode the first write takes a lock that the kernel drops when the process ends, however it ends.
    db.exec('PRAGMA locking_mode=EXCLUSIVE');
    db.exec('PRAGMA journal_mode=WAL');
    db.exec(`PRAGMA synchronous=${synchronous}`);
    db.exec('PRAGMA journal_size_limit=67108864');
    db.exec('BEGIN IMMEDIATE');
    const layout = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    if (layout > LAYOUT)
      throw new Error(
        `opening ${file}: written by a newer version (layout ${layout}, this one knows ${LAYOUT})`,
      );
    db.exec(tables());
    db.exec(`PRAGMA user_version=${LAYOUT}`);
    db.exec('COMMIT');
    return db;
  } catch (error) {
    db.close();
    if (isLocked(error)) {
      throw new BusUnavailable(
        `opening ${file}: another process has it open; the embedded bus serves one process only (set NATS_URL to run several)`,
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

/**
 * One table per stream, so that `seq` is the row id. `position` counts the bytes up to and with the row: the size of any
 * span is one subtraction.
 */
function tables(): string {
  const logs = STREAM_NAMES.map(
    (stream) => `
    CREATE TABLE IF NOT EXISTS log_${stream} (
      seq INTEGER PRIMARY KEY, subject TEXT NOT NULL, id TEXT, at INTEGER NOT NULL, position INTEGER NOT NULL, data TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX IF NOT EXISTS log_${stream}_id ON log_${stream} (id) WHERE id IS NOT NULL;`,
  );
  return `${logs.join('')}
    CREATE TABLE IF NOT EXISTS durable (
      stream TEXT NOT NULL, name TEXT NOT NULL, floor INTEGER NOT NULL, dispatched INTEGER NOT NULL, seen_at INTEGER NOT NULL,
      PRIMARY KEY (stream, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS done (
      stream TEXT NOT NULL, name TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (stream, name, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS attempt (
      stream TEXT NOT NULL, name TEXT NOT NULL, seq INTEGER NOT NULL, deliveries INTEGER NOT NULL, not_before INTEGER,
      PRIMARY KEY (stream, name, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS bucket (name TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS kv (
      bucket TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL, value TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX IF NOT EXISTS kv_key ON kv (bucket, key);`;
}
