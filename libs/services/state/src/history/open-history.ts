import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MIGRATIONS } from './migrations.ts';

/** The file was written by a newer release. Start that release, or restore a backup of the file. */
export class HistoryTooNew extends Error {
  override readonly name = 'HistoryTooNew';
}

/** Another process holds the history. It may end; trying again later can help. */
export class HistoryInUse extends Error {
  override readonly name = 'HistoryInUse';
  readonly retryable = true;
}

/** The open file, held by this process alone. */
export interface HistoryFile {
  readonly db: DatabaseSync;
  /** Made once per file: tells whether two processes share one history. */
  readonly historyId: string;
  /** Runs `work` in one transaction; what it throws rolls everything back and is passed on. */
  transaction<T>(work: () => T): T;
  /** Safe twice. */
  close(): void;
}

/**
 * Opens `<dataDir>/history.sqlite`, makes or migrates it, and holds it for this process until `close`.
 *
 * WAL with `synchronous = NORMAL`: a killed process loses nothing that was committed; a power cut may lose the last
 * moments, as on the bus itself (docs/operations.md).
 *
 * @throws {HistoryInUse} another process has it. Retryable.
 * @throws {HistoryTooNew} the file's version is unknown to this release. Not retryable.
 */
export function openHistory(dataDir: string): HistoryFile {
  const lock = takeLock(join(dataDir, 'history.lock'));
  try {
    const path = join(dataDir, 'history.sqlite');
    const db = new DatabaseSync(path);
    try {
      // Must precede the first table, or pages of deleted rows could never go back to the file system.
      db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
      db.exec('PRAGMA busy_timeout = 2000; PRAGMA cache_size = -16000;');
      migrate(db, path);
      return held(db, lock);
    } catch (err) {
      db.close();
      throw err;
    }
  } catch (err) {
    lock.close();
    throw err;
  }
}

/** A history that is gone when it is closed: for looking at a handful of events. */
export function openMemory(): HistoryFile {
  const db = new DatabaseSync(':memory:');
  migrate(db, 'memory');
  return held(db, undefined);
}

// A lock file of its own, not an exclusive lock on the history: people may read the history while we run. The operating
// system drops the lock when the process dies, however it dies.
function takeLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(path);
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE;');
    return lock;
  } catch (err) {
    lock.close();
    throw new HistoryInUse('another process holds the history', { cause: err });
  }
}

function migrate(db: DatabaseSync, path: string): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > MIGRATIONS.length)
    throw new HistoryTooNew(
      `${path} has version ${version}, this release knows up to ${MIGRATIONS.length}: start the newer release that wrote it`,
    );
  MIGRATIONS.slice(version).forEach((statements, index) => {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(statements);
      db.exec(`PRAGMA user_version = ${version + index + 1}`);
      db.exec('COMMIT');
    } catch (err) {
      db.exec('ROLLBACK');
      throw err;
    }
  });
}

function held(db: DatabaseSync, lock: DatabaseSync | undefined): HistoryFile {
  db.prepare("INSERT OR IGNORE INTO meta (key, value) VALUES ('history-id', ?)").run(randomUUID());
  const historyId = String(db.prepare("SELECT value FROM meta WHERE key = 'history-id'").get()?.['value']);
  let isOpen = true;
  return {
    db,
    historyId,
    transaction(work) {
      db.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        db.exec('COMMIT');
        return result;
      } catch (err) {
        // A full disk has rolled back already.
        if (db.isTransaction) db.exec('ROLLBACK');
        throw err;
      }
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      db.close();
      lock?.close();
    },
  };
}
