import { randomUUID } from 'node:crypto';
// Not the global one: a test that fakes the clock must not keep the outbox from being written.
import { setImmediate } from 'node:timers';
import { BusUnavailable } from '../bus.ts';
import { messageOf } from '../shared/message-of.ts';
import { openDatabase, type Synchronous } from '../shared/open-database.ts';

const TABLES = `
  CREATE TABLE IF NOT EXISTS outbox (
    n INTEGER PRIMARY KEY, subject TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL
  ) STRICT;`;
const PAGE_ROWS = 256;
const PAGE_BYTES = 4_000_000;

/** A message waiting to be sent. */
export interface OutboxItem {
  readonly n: number;
  readonly subject: string;
  readonly id: string;
  readonly data: string;
}

/** Messages of one process that the server has not acknowledged, in a file, in order. */
export interface Outbox {
  /** Messages in it, also those being written. */
  readonly size: number;
  /**
   * Resolves when the message is in the file.
   *
   * @throws {BusUnavailable} the disk refuses it, or the outbox is full.
   */
  add(item: { readonly subject: string; readonly id?: string; readonly data: string }): Promise<void>;
  /** The oldest, at most 256 and about 4 MB. */
  page(): OutboxItem[];
  remove(items: readonly OutboxItem[]): void;
  close(): Promise<void>;
}

export interface OutboxOptions {
  readonly file: string;
  readonly synchronous: Synchronous;
  /** Above this nothing more is taken. */
  readonly maxBytes: number;
}

interface Adding {
  readonly subject: string;
  readonly id: string;
  readonly data: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Opens an outbox. What is in the file from before is still to be sent.
 *
 * @throws {BusUnavailable} another process has the file open.
 */
export function openOutbox(options: OutboxOptions): Outbox {
  const db = openDatabase(options.file, options.synchronous, TABLES);
  const insert = db.prepare('INSERT INTO outbox (n, subject, id, data) VALUES (?, ?, ?, ?)');
  const oldest = db.prepare(`SELECT n, subject, id, data FROM outbox ORDER BY n LIMIT ${PAGE_ROWS}`);
  const remove = db.prepare('DELETE FROM outbox WHERE n = ?');
  const start = db
    .prepare(
      'SELECT count(*) AS rows, coalesce(max(n), 0) AS last, coalesce(sum(length(data)), 0) AS bytes FROM outbox',
    )
    .get();
  let stored = Number(start?.['rows']);
  let last = Number(start?.['last']);
  let bytes = Number(start?.['bytes']);
  let adding: Adding[] = [];
  let closed = false;

  const transaction = (work: () => void) => {
    db.exec('BEGIN');
    try {
      work();
      db.exec('COMMIT');
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  };
  const flush = () => {
    const items = adding;
    adding = [];
    if (items.length === 0) return;
    const first = last;
    try {
      transaction(() => {
        for (const item of items) insert.run(++last, item.subject, item.id, item.data);
      });
    } catch (cause) {
      last = first;
      const error = new BusUnavailable(`writing the outbox: ${messageOf(cause)}`, { cause });
      for (const item of items) {
        bytes -= item.data.length;
        item.reject(error);
      }
      return;
    }
    stored += items.length;
    for (const item of items) item.resolve();
  };

  return {
    get size() {
      return stored + adding.length;
    },
    add(item) {
      return new Promise<void>((resolve, reject) => {
        if (closed) throw new BusUnavailable(`publishing to ${item.subject}: the bus is closed`);
        if (bytes + item.data.length > options.maxBytes) {
          throw new BusUnavailable(`publishing to ${item.subject}: the outbox is full (${bytes} bytes)`);
        }
        bytes += item.data.length;
        adding.push({ subject: item.subject, id: item.id ?? randomUUID(), data: item.data, resolve, reject });
        // One commit for everything of this turn of the event loop.
        if (adding.length === 1) setImmediate(flush);
      });
    },
    page() {
      const items: OutboxItem[] = [];
      let size = 0;
      for (const row of oldest.iterate()) {
        // The columns are of a STRICT table of our own: their types are known.
        const item = {
          n: row['n'] as number,
          subject: row['subject'] as string,
          id: row['id'] as string,
          data: row['data'] as string,
        };
        items.push(item);
        size += item.data.length;
        if (size >= PAGE_BYTES) break;
      }
      return items;
    },
    remove(items) {
      transaction(() => {
        for (const item of items) remove.run(item.n);
      });
      stored -= items.length;
      for (const item of items) bytes -= item.data.length;
    },
    async close() {
      if (closed) return;
      flush();
      closed = true;
      db.close();
    },
  };
}
