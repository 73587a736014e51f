import type { DatabaseSync } from 'node:sqlite';
import type { StreamName } from '@proxmox-mcp/schemas';

/** A delivery that did not end well, or has not ended. */
export interface Attempt {
  readonly seq: number;
  readonly deliveries: number;
  /** Wall clock; `undefined` while the handler runs. */
  readonly notBefore: number | undefined;
}

/** Where a durable stands. */
export interface Position {
  /** Everything up to here is handled. */
  readonly floor: number;
  /** Everything matching up to here has been given to a handler at least once. */
  readonly dispatched: number;
}

/** The stored side of one durable consumer. All writes run inside the caller's transaction. */
export interface DurableTable {
  load(): Position | undefined;
  save(position: Position, at: number): void;
  touch(at: number): void;
  done(): number[];
  addDone(seq: number): void;
  dropDone(throughSeq: number): void;
  attempts(): Attempt[];
  setAttempt(attempt: Attempt): void;
  dropAttempt(seq: number): void;
}

/** The least floor of the durables seen since `since`; `undefined` without any. */
export function leastFloor(db: DatabaseSync, stream: StreamName, since: number): number | undefined {
  const row = db
    .prepare('SELECT min(floor) AS floor FROM durable WHERE stream = ? AND seen_at >= ?')
    .get(stream, since);
  return typeof row?.['floor'] === 'number' ? row['floor'] : undefined;
}

/** Makes the access to one durable's rows. */
export function durableTable(db: DatabaseSync, stream: StreamName, name: string): DurableTable {
  const where = 'WHERE stream = ? AND name = ?';
  const load = db.prepare(`SELECT floor, dispatched FROM durable ${where}`);
  const save = db.prepare(
    `INSERT INTO durable (stream, name, floor, dispatched, seen_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET floor = excluded.floor, dispatched = excluded.dispatched, seen_at = excluded.seen_at`,
  );
  const touch = db.prepare(`UPDATE durable SET seen_at = ? ${where}`);
  const done = db.prepare(`SELECT seq FROM done ${where}`);
  const addDone = db.prepare('INSERT OR IGNORE INTO done (stream, name, seq) VALUES (?, ?, ?)');
  const dropDone = db.prepare(`DELETE FROM done ${where} AND seq <= ?`);
  const attempts = db.prepare(`SELECT seq, deliveries, not_before FROM attempt ${where} ORDER BY seq`);
  const setAttempt = db.prepare(
    'INSERT OR REPLACE INTO attempt (stream, name, seq, deliveries, not_before) VALUES (?, ?, ?, ?, ?)',
  );
  const dropAttempt = db.prepare(`DELETE FROM attempt ${where} AND seq = ?`);
  return {
    load() {
      const row = load.get(stream, name);
      return row === undefined
        ? undefined
        : { floor: Number(row['floor']), dispatched: Number(row['dispatched']) };
    },
    save: (position, at) => void save.run(stream, name, position.floor, position.dispatched, at),
    touch: (at) => void touch.run(at, stream, name),
    done: () => done.all(stream, name).map((row) => Number(row['seq'])),
    addDone: (seq) => void addDone.run(stream, name, seq),
    dropDone: (throughSeq) => void dropDone.run(stream, name, throughSeq),
    attempts: () =>
      attempts.all(stream, name).map((row) => ({
        seq: Number(row['seq']),
        deliveries: Number(row['deliveries']),
        notBefore: row['not_before'] === null ? undefined : Number(row['not_before']),
      })),
    setAttempt: (a) => void setAttempt.run(stream, name, a.seq, a.deliveries, a.notBefore ?? null),
    dropAttempt: (seq) => void dropAttempt.run(stream, name, seq),
  };
}
