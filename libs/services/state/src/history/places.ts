import type { DatabaseSync } from 'node:sqlite';

/** Something that lies in a place. */
export interface Lying {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Event id, UPID or fact id: who writes a place knows which. */
  readonly item: string;
  /** What tells the items of a place apart without reading them. */
  readonly tag: string;
}

/** A neighbour in a chain, with the fact it belongs to now. */
export interface Neighbour extends Lying {
  readonly fact: string;
}

/** Where reports, tasks and facts can be found by what has to do with them: an index by place and time. */
export interface PlaceStore {
  /** @returns whether it did not lie there before. */
  put(place: string, lying: Lying): boolean;
  remove(place: string, lying: Pick<Lying, 'at' | 'item'>): void;
  /** What lies in a span, both ends included, oldest first; at most `limit`, the newest of them. */
  within(place: string, span: readonly [number, number], limit: number): Lying[];
  /** What lies around a time with no gap longer than `reachMs` on the way; at most `limit` to each side. */
  around(
    place: string,
    at: number,
    around: { readonly reachMs: number; readonly limit: number },
  ): Surroundings;
  /** The event before, and the one after, in the order of (time, id). */
  neighbours(place: string, of: Pick<Lying, 'at' | 'item'>): { before?: Neighbour; after?: Neighbour };
}

export interface Surroundings {
  /** Oldest first. */
  readonly items: readonly Lying[];
  /** There is more than was looked at. */
  readonly isCut: boolean;
}

/** Makes the index of an open file. */
export function createPlaceStore(db: DatabaseSync): PlaceStore {
  const put = db.prepare('INSERT OR IGNORE INTO places (place, at, item, tag) VALUES (?, ?, ?, ?)');
  const remove = db.prepare('DELETE FROM places WHERE place = ? AND at = ? AND item = ?');
  const within = db.prepare(
    'SELECT at, item, tag FROM places WHERE place = ? AND at BETWEEN ? AND ? ORDER BY at DESC, item DESC LIMIT ?',
  );
  const upTo = db.prepare(
    'SELECT at, item, tag FROM places WHERE place = ? AND at <= ? ORDER BY at DESC, item DESC LIMIT ?',
  );
  const past = db.prepare(
    'SELECT at, item, tag FROM places WHERE place = ? AND at > ? ORDER BY at, item LIMIT ?',
  );
  const neighbour = (beyond: '<' | '>', direction: 'DESC' | 'ASC') =>
    db.prepare(
      `SELECT p.at, p.item, p.tag, e.fact FROM places p JOIN events e ON e.id = p.item
       WHERE p.place = ? AND (p.at, p.item) ${beyond} (?, ?) ORDER BY p.at ${direction}, p.item ${direction} LIMIT 1`,
    );
  const before = neighbour('<', 'DESC');
  const after = neighbour('>', 'ASC');
  // The columns are those of the statements above.
  const rows = (found: unknown[]) => found as Lying[];
  const row = (found: unknown) => found as Neighbour | undefined;
  return {
    put: (place, { at, item, tag }) => put.run(place, at, item, tag).changes === 1,
    remove(place, { at, item }) {
      remove.run(place, at, item);
    },
    within: (place, [from, to], limit) => rows(within.all(place, from, to, limit)).reverse(),
    around(place, at, { reachMs, limit }) {
      const left = upToGap(rows(upTo.all(place, at, limit)), at, reachMs);
      const right = upToGap(rows(past.all(place, at, limit)), at, reachMs);
      return {
        items: [...left.reverse(), ...right],
        isCut: left.length === limit || right.length === limit,
      };
    },
    neighbours(place, { at, item }) {
      const [one, other] = [row(before.get(place, at, item)), row(after.get(place, at, item))];
      return { ...(one && { before: one }), ...(other && { after: other }) };
    },
  };
}

/** Items, nearest first, up to the first gap. */
function upToGap(items: readonly Lying[], from: number, reachMs: number): Lying[] {
  let last = from;
  const gap = items.findIndex((item) => {
    const isFar = Math.abs(item.at - last) > reachMs;
    last = item.at;
    return isFar;
  });
  return gap < 0 ? [...items] : items.slice(0, gap);
}
