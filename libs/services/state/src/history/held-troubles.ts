import type { DatabaseSync } from 'node:sqlite';
import type { Trouble } from '../incidents/trouble.ts';

/** A trouble that nothing has been told of: it has not lasted long enough. */
export interface HeldTrouble {
  /** One row for each object, condition and reporter. */
  readonly key: string;
  /** Where its incident would be looked up. */
  readonly place: string;
  /** When it is told, in milliseconds since the epoch. */
  readonly due: number;
  readonly trouble: Trouble;
}

/** The troubles that wait. Kept in the history, so that a restart neither tells them early nor forgets them. */
export interface HeldTroubles {
  get(key: string): HeldTrouble | undefined;
  put(held: HeldTrouble): void;
  remove(key: string): void;
  /** All whose key begins so. */
  removeUnder(prefix: string): void;
  /** Of a place; at most 500. */
  at(place: string): HeldTrouble[];
  /** Of a condition, whatever the object; at most 500. */
  of(condition: string): HeldTrouble[];
  /** Those that are due, the longest first; at most 500. */
  due(now: number): HeldTrouble[];
  count(): number;
}

/** Makes the store of an open file. */
export function createHeldTroubles(db: DatabaseSync): HeldTroubles {
  const columns = 'key, place, due, body';
  const get = db.prepare(`SELECT ${columns} FROM held_troubles WHERE key = ?`);
  const put = db.prepare('INSERT OR REPLACE INTO held_troubles (key, place, due, body) VALUES (?, ?, ?, ?)');
  const remove = db.prepare('DELETE FROM held_troubles WHERE key = ?');
  const removeUnder = db.prepare('DELETE FROM held_troubles WHERE key >= ? AND key < ?');
  const at = db.prepare(`SELECT ${columns} FROM held_troubles WHERE place = ? LIMIT 500`);
  const of = db.prepare(`SELECT ${columns} FROM held_troubles WHERE place >= ? AND place < ? LIMIT 500`);
  const due = db.prepare(`SELECT ${columns} FROM held_troubles WHERE due <= ? ORDER BY due LIMIT 500`);
  const count = db.prepare('SELECT count(*) AS count FROM held_troubles');
  const held = (row: Record<string, unknown>): HeldTrouble => ({
    key: String(row['key']),
    place: String(row['place']),
    due: Number(row['due']),
    // Only this store writes here.
    trouble: JSON.parse(String(row['body'])) as Trouble,
  });
  return {
    get(key) {
      const row = get.get(key);
      return row && held(row);
    },
    put(one) {
      put.run(one.key, one.place, one.due, JSON.stringify(one.trouble));
    },
    remove(key) {
      remove.run(key);
    },
    removeUnder(prefix) {
      removeUnder.run(prefix, `${prefix}\u{10FFFF}`);
    },
    at: (place) => at.all(place).map(held),
    of: (condition) => of.all(`${condition}|`, `${condition}|\u{10FFFF}`).map(held),
    due: (now) => due.all(now).map(held),
    count: () => Number(count.get()?.['count'] ?? 0),
  };
}
