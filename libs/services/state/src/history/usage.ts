import type { DatabaseSync } from 'node:sqlite';

/** How full something was. Bytes; `at` in milliseconds. */
export interface UsageSample {
  readonly at: number;
  readonly used: number;
  readonly total: number;
}

/** How full storages were, by their key in the STATE key-value. */
export interface UsageStore {
  /** Keeps a sample and forgets those of the key that are older than `keepFrom`. */
  put(key: string, sample: UsageSample, keepFrom: number): void;
  /** Samples of a key from a time on, oldest first. */
  since(key: string, from: number): UsageSample[];
  /** Most bytes used before a time; `undefined` where nothing is known. */
  highestBefore(key: string, at: number): number | undefined;
  firstAt(key: string): number | undefined;
  /** Newest sample of every key. */
  lastAt(): Map<string, number>;
  /** Forgets what is older, of storages that are gone too. */
  deleteBefore(at: number): void;
}

/** Makes the store of an open file. */
export function createUsageStore(db: DatabaseSync): UsageStore {
  const put = db.prepare('INSERT OR REPLACE INTO usage_samples (key, at, used, total) VALUES (?, ?, ?, ?)');
  const cut = db.prepare('DELETE FROM usage_samples WHERE key = ? AND at < ?');
  const since = db.prepare('SELECT at, used, total FROM usage_samples WHERE key = ? AND at >= ? ORDER BY at');
  const highest = db.prepare('SELECT max(used) AS found FROM usage_samples WHERE key = ? AND at < ?');
  const first = db.prepare('SELECT min(at) AS found FROM usage_samples WHERE key = ?');
  const last = db.prepare('SELECT key, max(at) AS found FROM usage_samples GROUP BY key');
  const deleteOld = db.prepare('DELETE FROM usage_samples WHERE at < ?');
  const found = (row: Record<string, unknown> | undefined) =>
    typeof row?.['found'] === 'number' ? row['found'] : undefined;
  return {
    put(key, { at, used, total }, keepFrom) {
      put.run(key, at, Math.round(used), Math.round(total));
      cut.run(key, keepFrom);
    },
    since: (key, from) =>
      since.all(key, from).map((row) => ({
        at: Number(row['at']),
        used: Number(row['used']),
        total: Number(row['total']),
      })),
    highestBefore: (key, at) => found(highest.get(key, at)),
    firstAt: (key) => found(first.get(key)),
    lastAt: () => new Map(last.all().map((row) => [String(row['key']), Number(row['found'])])),
    deleteBefore: (at) => void deleteOld.run(at),
  };
}
