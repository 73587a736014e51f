import type { DatabaseSync } from 'node:sqlite';
import type { StreamName } from '@proxmox-mcp/schemas';
import type { Published } from '../bus.ts';

/** One stored message. */
export interface Stored {
  readonly seq: number;
  readonly subject: string;
  readonly data: string;
}

/** A part of a stream, read in order. */
export interface Page {
  readonly rows: Stored[];
  /** Everything up to here has been read. */
  readonly through: number;
}

// Ids are kept at least this long, whatever the retention says: the contract's de-duplication window.
const DEDUP_MS = 120_000;
const PAGE_ROWS = 256;
const SCAN_ROWS = 2_048;
const PAGE_BYTES = 4_000_000;

/** One stream's table. All methods run inside the caller's transaction, or alone for reads. */
export interface StreamLog {
  /** Last sequence given out; also of rows that the open transaction has added. */
  last(): number;
  append(subject: string, data: string, id: string | undefined, at: number): Published;
  /** Rows after `seq` that `wanted` takes: at most 256, at most 4 MB, looking at no more than 2,048. */
  page(after: number, wanted: (subject: string) => boolean): Page;
  get(seq: number): Stored | undefined;
  /** Forgets the sequences that a rolled back transaction gave out. */
  reload(): void;
  /** Deletes at most 2,000 rows that are past retention and not above `passed`. @returns how many. */
  trim(passed: number, keep: { readonly maxAgeMs: number; readonly maxBytes: number }, at: number): number;
}

/** Makes the access to one stream's table. */
export function streamLog(db: DatabaseSync, stream: StreamName): StreamLog {
  const table = `log_${stream}`;
  const insert = db.prepare(
    `INSERT INTO ${table} (seq, subject, id, at, position, data) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) WHERE id IS NOT NULL DO NOTHING`,
  );
  const byId = db.prepare(`SELECT seq FROM ${table} WHERE id = ?`);
  const newest = db.prepare(`SELECT seq, position FROM ${table} ORDER BY seq DESC LIMIT 1`);
  const bySeq = db.prepare(`SELECT seq, subject, data FROM ${table} WHERE seq = ?`);
  const scan = db.prepare(
    `SELECT seq, subject, data FROM ${table} WHERE seq > ? ORDER BY seq LIMIT ${SCAN_ROWS}`,
  );
  const oldest = db.prepare(`SELECT seq, at, position FROM ${table} WHERE seq <= ? ORDER BY seq LIMIT 2000`);
  const remove = db.prepare(`DELETE FROM ${table} WHERE seq <= ?`);
  let last = 0;
  let position = 0;
  const reload = () => {
    const row = newest.get();
    last = Number(row?.['seq'] ?? 0);
    position = Number(row?.['position'] ?? 0);
  };
  reload();

  return {
    last: () => last,
    reload,
    append(subject, data, id, at) {
      // UTF-16 length stands in for bytes: counting them exactly would cost more than the bound is worth.
      const end = position + data.length + subject.length + 64;
      if (insert.run(last + 1, subject, id ?? null, at, end, data).changes === 0) {
        return { seq: Number(byId.get(id ?? null)?.['seq']), duplicate: true };
      }
      last += 1;
      position = end;
      return { seq: last, duplicate: false };
    },
    page(after, wanted) {
      const rows: Stored[] = [];
      let through = after;
      let bytes = 0;
      for (const row of scan.iterate(after)) {
        const found = stored(row);
        through = found.seq;
        if (!wanted(found.subject)) continue;
        rows.push(found);
        bytes += found.data.length;
        if (rows.length >= PAGE_ROWS || bytes >= PAGE_BYTES) break;
      }
      return { rows, through };
    },
    get(seq) {
      const row = bySeq.get(seq);
      return row === undefined ? undefined : stored(row);
    },
    trim(passed, keep, at) {
      // The newest row stays: the next sequence is read from it after a restart.
      const rows = oldest.all(Math.min(passed, last - 1));
      let upTo = 0;
      for (const row of rows) {
        const age = at - Number(row['at']);
        const tooOld = age > keep.maxAgeMs;
        const tooMuch = position - Number(row['position']) > keep.maxBytes;
        if (age <= DEDUP_MS || !(tooOld || tooMuch)) break;
        upTo = Number(row['seq']);
      }
      return upTo === 0 ? 0 : Number(remove.run(upTo).changes);
    },
  };
}

// The columns are of STRICT tables of our own: their types are known.
const stored = (row: Record<string, unknown>): Stored => ({
  seq: row['seq'] as number,
  subject: row['subject'] as string,
  data: row['data'] as string,
});
