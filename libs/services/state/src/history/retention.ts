import type { DatabaseSync } from 'node:sqlite';

export interface RetentionLimits {
  /** Milliseconds that rows are kept. */
  readonly maxAgeMs: number;
  /** Bytes of the file in use. */
  readonly maxBytes: number;
}

/** Rows deleted per step: a few milliseconds. */
const STEP = 500;

/** Places looked at per step. */
const SWEPT = 2_000;
/** The same of rows that can have 64 KiB. */
const LARGE_STEP = 50;
/**
 * Of the bytes, what inputs and dead letters may use each. The rest is the events', facts' and incidents' alone: however much is kept to
 * be looked at, it never pushes out what happened.
 */
const RAW_PART = 0.2;
const LETTERS_PART = 0.02;

/**
 * Makes the function that deletes what is too old or too much, one small step at a time.
 *
 * Incidents that are not resolved stay whatever their age.
 *
 * @returns a step; it answers whether there may be more to delete. Call it inside a transaction.
 */
export function createRetention(db: DatabaseSync, limits: RetentionLimits): (nowMs: number) => boolean {
  const oldEvents = db.prepare(
    `DELETE FROM events WHERE n IN (SELECT n FROM events WHERE received < ? ORDER BY received LIMIT ${STEP})`,
  );
  // What began so long ago and has no end was never told it: it does not run any more.
  const oldFacts = db.prepare(
    `DELETE FROM facts WHERE n IN (SELECT n FROM facts WHERE started < ? AND ifnull(ended, 0) < ? ORDER BY started LIMIT ${STEP})`,
  );
  const oldIncidents = db.prepare(
    `DELETE FROM incidents WHERE n IN (SELECT n FROM incidents WHERE resolved < ? LIMIT ${STEP})`,
  );
  const orphans = db.prepare(
    `DELETE FROM incident_facts WHERE rowid IN (SELECT f.rowid FROM incident_facts f
     LEFT JOIN incidents i ON i.id = f.incident WHERE f.at < ? AND i.id IS NULL LIMIT ${STEP})`,
  );
  const oldRaw = db.prepare(
    `DELETE FROM raw_inputs WHERE n IN (SELECT n FROM raw_inputs WHERE received < ? ORDER BY received LIMIT ${STEP})`,
  );
  const oldLetters = db.prepare(
    `DELETE FROM dead_letters WHERE n IN (SELECT n FROM dead_letters WHERE at < ? ORDER BY at LIMIT ${STEP})`,
  );
  const firstRaw = db.prepare(
    `DELETE FROM raw_inputs WHERE n IN (SELECT n FROM raw_inputs ORDER BY received LIMIT ${LARGE_STEP})`,
  );
  const firstLetters = db.prepare(
    `DELETE FROM dead_letters WHERE n IN (SELECT n FROM dead_letters ORDER BY at LIMIT ${LARGE_STEP})`,
  );
  const keptBytes = db.prepare('SELECT bytes FROM kept_bytes WHERE what = ?');
  const bytesIn = (table: string) => Number(keptBytes.get(table)?.['bytes']);
  const sweepPlaces = createSweep(db);
  const firstEvents = db.prepare(
    `DELETE FROM events WHERE n IN (SELECT n FROM events ORDER BY received LIMIT ${STEP})`,
  );
  const firstFacts = db.prepare(
    `DELETE FROM facts WHERE n IN (SELECT n FROM facts WHERE ended IS NOT NULL ORDER BY started LIMIT ${STEP})`,
  );
  return (nowMs) => {
    const before = nowMs - limits.maxAgeMs;
    sweepPlaces();
    const deleted = [
      oldEvents.run(before).changes,
      oldFacts.run(before, before).changes,
      oldIncidents.run(before).changes,
      orphans.run(before).changes,
      oldRaw.run(before).changes,
      oldLetters.run(before).changes,
    ];
    const [raw, letters] = [bytesIn('raw_inputs'), bytesIn('dead_letters')];
    if (raw > limits.maxBytes * RAW_PART) deleted.push(firstRaw.run().changes);
    if (letters > limits.maxBytes * LETTERS_PART) deleted.push(firstLetters.run().changes);
    if (usedBytes(db) - raw - letters > limits.maxBytes * (1 - RAW_PART - LETTERS_PART))
      deleted.push(firstEvents.run().changes, firstFacts.run().changes);
    return deleted.some((count) => Number(count) > 0);
  };
}

/**
 * Makes the function that looks at the next few places and deletes those from before the oldest event. An index by age would cost more,
 * at every event, than going round and round: what is left for some hours is found by nobody.
 */
function createSweep(db: DatabaseSync): () => void {
  const next = db.prepare(
    `SELECT place, at, item FROM places WHERE (place, at, item) > (?, ?, ?) ORDER BY place, at, item LIMIT 1 OFFSET ${SWEPT - 1}`,
  );
  const remove = db.prepare(
    `DELETE FROM places WHERE (place, at, item) > (?, ?, ?) AND (place, at, item) <= (?, ?, ?)
     AND at < (SELECT ifnull(min(occurred), 9e15) FROM events)`,
  );
  const START = ['', 0, ''] as const;
  const END = ['\u{10FFFF}', 0, ''] as const;
  let from: readonly [string, number, string] = START;
  return () => {
    const row = next.get(...from);
    const to = row ? ([String(row['place']), Number(row['at']), String(row['item'])] as const) : END;
    remove.run(...from, ...to);
    from = row ? to : START;
  };
}

/** Bytes of the file that hold rows. */
export function usedBytes(db: DatabaseSync): number {
  const read = (pragma: string) => Number(Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0] ?? 0);
  return (read('page_count') - read('freelist_count')) * read('page_size');
}
