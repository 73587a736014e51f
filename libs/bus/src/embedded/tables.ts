import { STREAM_NAMES } from '../shared/limits.ts';

/**
 * One table per stream, so that `seq` is the row id. `position` counts the bytes up to and with the row: the size of any
 * span is one subtraction.
 */
export function embeddedTables(): string {
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
