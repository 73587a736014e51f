import type { DatabaseSync } from 'node:sqlite';

/** One condition of a WHERE clause. */
export interface Condition {
  readonly sql: string;
  readonly params: readonly (string | number)[];
}

/** Where a page ended: time in milliseconds and row number, both of the last row given. */
export interface Position {
  readonly time: number;
  readonly n: number;
}

/** A page over a table that is ordered by (time, n). */
export interface Scan {
  readonly table: 'events' | 'facts' | 'incidents' | 'raw_inputs' | 'dead_letters';
  /** Column of the time. */
  readonly time: 'occurred' | 'started' | 'updated' | 'received' | 'at';
  /** Each lane is served by one index; the answer is the lanes merged. Rows must not be in two lanes. */
  readonly lanes: readonly (readonly Condition[])[];
  /** Conditions no index serves; they are tried row by row. */
  readonly residual: readonly Condition[];
  readonly newestFirst: boolean;
  readonly after: Position | undefined;
  readonly limit: number;
}

/** Rows looked at before the event loop gets its turn: about 10 ms. */
const CHUNK = 10_000;

/**
 * Finds the row numbers of one page. Rows that no index can pick out are looked at in chunks, between which the event loop runs,
 * so that a search through all of the history delays nobody's events.
 */
export async function scanPage(db: DatabaseSync, scan: Scan): Promise<Position[]> {
  const found: Position[] = [];
  for (const lane of scan.lanes) found.push(...(await scanLane(db, scan, lane)));
  const sign = scan.newestFirst ? -1 : 1;
  return found.sort((a, b) => sign * (a.time - b.time || a.n - b.n)).slice(0, scan.limit);
}

async function scanLane(db: DatabaseSync, scan: Scan, lane: readonly Condition[]): Promise<Position[]> {
  const found: Position[] = [];
  const [direction, beyond] = scan.newestFirst ? ['DESC', '<'] : ['ASC', '>'];
  const inOrder = `ORDER BY ${scan.time} ${direction}, n ${direction}`;
  let after = scan.after;
  for (;;) {
    const conditions = [...lane];
    if (after) conditions.push({ sql: `(${scan.time}, n) ${beyond} (?, ?)`, params: [after.time, after.n] });
    const where = conditions.length === 0 ? '1' : conditions.map((c) => c.sql).join(' AND ');
    const params = conditions.flatMap((c) => c.params);
    const missing = scan.limit - found.length;
    if (scan.residual.length === 0) {
      const plain = `SELECT ${scan.time} AS time, n FROM ${scan.table} WHERE ${where} ${inOrder} LIMIT ?`;
      return positions(db.prepare(plain).all(...params, missing));
    }
    const chunk = `SELECT * FROM ${scan.table} WHERE ${where} ${inOrder} LIMIT ${CHUNK}`;
    const kept = scan.residual.map((c) => c.sql).join(' AND ');
    const keptParams = scan.residual.flatMap((c) => c.params);
    const select = `SELECT ${scan.time} AS time, n FROM (${chunk}) WHERE ${kept} ${inOrder} LIMIT ?`;
    found.push(...positions(db.prepare(select).all(...params, ...keptParams, missing)));
    if (found.length >= scan.limit) return found;
    const last = `SELECT ${scan.time} AS time, n FROM ${scan.table} WHERE ${where} ${inOrder} LIMIT 1 OFFSET ${CHUNK - 1}`;
    const [end] = positions(db.prepare(last).all(...params));
    if (end === undefined) return found;
    after = end;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

// The two columns the statements above select.
const positions = (rows: unknown[]) => rows as unknown as Position[];

/** Writes a position as an opaque cursor. */
export function cursorOf(position: Position): string {
  return Buffer.from(`${position.time}.${position.n}`).toString('base64url');
}

/** The cursor is not one of ours. */
export class BadCursor extends Error {
  override readonly name = 'BadCursor';
}

/** Reads a cursor back. @throws {BadCursor} */
export function positionOf(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined;
  const match = /^(\d{1,16})\.(\d{1,16})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (match === null) throw new BadCursor('the cursor is not one that an answer gave');
  return { time: Number(match[1]), n: Number(match[2]) };
}

/** `column IN (…)`. */
export function among(column: string, values: readonly (string | number)[]): Condition {
  return { sql: `${column} IN (${values.map(() => '?').join(', ')})`, params: values };
}

/** Bounds of a time column, both inclusive, in milliseconds. */
export function within(column: string, since: number | undefined, until: number | undefined): Condition[] {
  const bounds: Condition[] = [];
  if (since !== undefined) bounds.push({ sql: `${column} >= ?`, params: [since] });
  if (until !== undefined) bounds.push({ sql: `${column} <= ?`, params: [until] });
  return bounds;
}

/** The types a list of globs names (`backup.*`, `*.failed`), out of those that exist. */
export function typesOf(globs: readonly string[], existing: readonly string[]): string[] {
  return existing.filter((type) => globs.some((glob) => matchesGlob(glob, type)));
}

// Only `*` is special. Pieces are found left to right: linear, unlike a regular expression made from what a client sent.
function matchesGlob(glob: string, type: string): boolean {
  const pieces = glob.split('*');
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return glob === type;
  const last = pieces.at(-1) ?? '';
  if (!type.startsWith(first) || !type.endsWith(last) || type.length < first.length + last.length)
    return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = type.indexOf(piece, at);
    if (found < 0 || found + piece.length > type.length - last.length) return false;
    at = found + piece.length;
  }
  return true;
}
