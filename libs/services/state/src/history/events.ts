import type { DatabaseSync } from 'node:sqlite';
import type { Event, EventsAnswer, EventsQuery } from '@proxmox-mcp/schemas';
import { millis, orNull, rankOf } from './columns.ts';
import { among, cursorOf, positionOf, scanPage, typesOf, within, type Condition } from './scan.ts';

/** What is kept beside an event: which fact it tells of, and what it may be found by later. */
export interface EventPlace {
  /** Sequence in the bus's stream EVENTS. */
  readonly seq: number;
  readonly fact: string;
  /** Progress reports are many; only the newest of a fact counts for it. */
  readonly isProgress: boolean;
}

/** An event, and the fact it belongs to now. */
export interface Kept {
  readonly event: Event;
  readonly fact: string;
}

/** The event history. */
export interface EventStore {
  /** @returns false when the event is there already: it was delivered before. */
  insert(event: Event, place: EventPlace): boolean;
  /** What became of one raw input, as it is kept; at most 100. */
  ofRaw(rawId: string): Event[];
  get(id: string): Kept | undefined;
  /** When we received it, epoch milliseconds. */
  receivedAt(id: string): number | undefined;
  /** Reports of one fact without progress, oldest first. Of more than `2 * edge` the first and the last `edge`. */
  membersOf(factId: string, edge?: number): Event[];
  /** The newest progress report of a fact. */
  progressOf(factId: string): Event | undefined;
  /** Reports that carry the UPID, without progress; at most 100. */
  ownReports(upid: string): Event[];
  /** How many reports a fact has, counted up to `limit`. */
  countUpTo(factId: string, limit: number): number;
  /** Moves an event to another fact. */
  rehome(eventId: string, factId: string): void;
  /** Moves all of a fact, or what in it comes after a time and id, to another. @returns how many went. */
  rehomeAll(from: string, to: string, after?: { readonly at: number; readonly id: string }): number;
  /** The report that we received first, of all of a fact or of what comes after a time and id. */
  firstReceived(factId: string, after?: { readonly at: number; readonly id: string }): string | undefined;
  query(query: EventsQuery): Promise<EventsAnswer>;
  /** Distinct types seen so far. */
  types(): string[];
}

/** Half of the reports a fact is made of at most; a task has a handful, only a forger sends more. */
const EDGE = 50;

/** Types served by an index each; more than that are tried row by row. */
const MAX_LANES = 24;

/** Makes the event history of an open file. */
export function createEventStore(db: DatabaseSync): EventStore {
  const insert = db.prepare(
    `INSERT OR IGNORE INTO events (id, seq, type, rank, channel, source, cluster, node, vmid, storage, upid, occurred,
     received, title, fact, progress, raw, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const get = db.prepare('SELECT body, fact FROM events WHERE id = ?');
  const received = db.prepare('SELECT received FROM events WHERE id = ?');
  const reports = (direction: 'ASC' | 'DESC') =>
    db.prepare(
      `SELECT id, body FROM events WHERE fact = ? AND progress = 0 ORDER BY occurred ${direction}, id ${direction} LIMIT ?`,
    );
  const first = reports('ASC');
  const last = reports('DESC');
  const progress = db.prepare(
    'SELECT body FROM events WHERE fact = ? AND progress = 1 ORDER BY occurred DESC, id DESC LIMIT 1',
  );
  const own = db.prepare(
    'SELECT body FROM events WHERE upid = ? AND progress = 0 ORDER BY occurred LIMIT 100',
  );
  const ofRaw = db.prepare('SELECT body FROM events WHERE raw = ? ORDER BY n LIMIT 100');
  const count = db.prepare('SELECT count(*) AS count FROM (SELECT 1 FROM events WHERE fact = ? LIMIT ?)');
  const rehome = db.prepare('UPDATE events SET fact = ? WHERE id = ?');
  const rehomeAll = db.prepare('UPDATE events SET fact = ? WHERE fact = ?');
  const rehomeAfter = db.prepare(
    'UPDATE events SET fact = ? WHERE fact = ? AND progress = 0 AND (occurred, id) > (?, ?)',
  );
  const firstReceived = db.prepare(
    'SELECT id FROM events WHERE fact = ? AND progress = 0 AND (occurred, id) > (?, ?) ORDER BY received, id LIMIT 1',
  );
  const byNumber = db.prepare('SELECT seq, body FROM events WHERE n = ?');
  // A loose index scan: one step per distinct type instead of one per row.
  const types = db.prepare(
    `WITH RECURSIVE t (type) AS (SELECT min(type) FROM events UNION ALL
     SELECT (SELECT min(type) FROM events WHERE type > t.type) FROM t WHERE t.type IS NOT NULL)
     SELECT type FROM t WHERE type IS NOT NULL LIMIT 1000`,
  );
  const parse = (row: Record<string, unknown>) => JSON.parse(String(row['body'])) as Event;

  const store: EventStore = {
    insert(event, place) {
      const result = insert.run(
        event.id,
        place.seq,
        event.type,
        rankOf(event.severity),
        event.channel,
        event.source,
        orNull(event.cluster),
        orNull(event.node),
        orNull(event.guest?.vmid),
        orNull(event.storage),
        orNull(event.upid),
        millis(event.occurredAt),
        millis(event.receivedAt),
        event.title,
        place.fact,
        place.isProgress ? 1 : 0,
        orNull(event.raw),
        JSON.stringify(event),
      );
      return result.changes === 1;
    },
    ofRaw: (rawId) => ofRaw.all(rawId).map(parse),
    get(id) {
      const row = get.get(id);
      return row && { event: parse(row), fact: String(row['fact']) };
    },
    receivedAt(id) {
      const row = received.get(id);
      return row && Number(row['received']);
    },
    membersOf(factId, edge = EDGE) {
      const begin = first.all(factId, edge);
      if (begin.length < edge) return begin.map(parse);
      const seen = new Set(begin.map((row) => row['id']));
      const end = last.all(factId, edge).filter((row) => !seen.has(row['id']));
      return [...begin, ...end.reverse()].map(parse);
    },
    progressOf(factId) {
      const row = progress.get(factId);
      return row && parse(row);
    },
    ownReports: (upid) => own.all(upid).map(parse),
    countUpTo: (factId, limit) => Number(count.get(factId, limit)?.['count'] ?? 0),
    rehome(eventId, factId) {
      rehome.run(factId, eventId);
    },
    rehomeAll(from, to, after) {
      const done = after ? rehomeAfter.run(to, from, after.at, after.id) : rehomeAll.run(to, from);
      return Number(done.changes);
    },
    firstReceived(factId, after) {
      const row = firstReceived.get(factId, after?.at ?? Number.MIN_SAFE_INTEGER, after?.id ?? '');
      return row && String(row['id']);
    },
    types: () => types.all().map((row) => String(row['type'])),
    async query(query) {
      const { driver, residual } = plan(query, () => store.types());
      const found = await scanPage(db, {
        table: 'events',
        time: 'occurred',
        lanes: driver,
        residual,
        newestFirst: query.order === 'newest',
        after: positionOf(query.cursor),
        limit: query.limit + 1,
      });
      const page = found.slice(0, query.limit);
      const last = page.at(-1);
      const rows = page.map(({ n }) => byNumber.get(n)).filter((row) => row !== undefined);
      return {
        items: rows.map((row) => ({ ...parse(row), seq: Number(row['seq']) })),
        ...(found.length > query.limit && last ? { nextCursor: cursorOf(last) } : {}),
      };
    },
  };
  return store;
}

/** Chooses the index: the narrowest first; what it does not cover is tried row by row. */
function plan(
  query: EventsQuery,
  existing: () => string[],
): { driver: (readonly Condition[])[]; residual: Condition[] } {
  const span = within('occurred', timeOf(query.since), timeOf(query.until));
  const types = query.types && typesOf(query.types, existing());
  const minRank = query.minSeverity && rankOf(query.minSeverity);
  const left: Condition[] = [];
  const lanes: (readonly Condition[])[] = [];
  const drive = (condition: Condition) =>
    lanes.length === 0 ? lanes.push([condition, ...span]) : left.push(condition);
  if (query.ids) drive(among('id', query.ids));
  if (query.upid !== undefined) drive(among('upid', [query.upid]));
  if (query.vmid !== undefined) drive(among('vmid', [query.vmid]));
  if (types) {
    if (lanes.length === 0 && types.length <= MAX_LANES)
      lanes.push(...types.map((type) => [among('type', [type]), ...span]));
    else left.push(among('type', types));
    if (types.length === 0) return { driver: [], residual: [] };
  }
  if (query.node !== undefined) drive(among('node', [query.node]));
  if (minRank !== undefined && minRank > 0) {
    const ranks = [0, 1, 2, 3, 4].slice(minRank);
    if (lanes.length === 0) lanes.push(...ranks.map((rank) => [among('rank', [rank]), ...span]));
    else left.push(among('rank', ranks));
  }
  if (lanes.length === 0) lanes.push(span);
  if (query.cluster !== undefined) left.push(among('cluster', [query.cluster]));
  if (query.storage !== undefined) left.push(among('storage', [query.storage]));
  if (query.channels) left.push(among('channel', query.channels));
  if (query.sources) left.push(among('source', query.sources));
  // Title and needle are both folded by SQLite, which knows ASCII only; that is what titles of ours are made of.
  if (query.text !== undefined) left.push({ sql: 'instr(lower(title), lower(?)) > 0', params: [query.text] });
  return { driver: lanes, residual: left };
}

const timeOf = (iso: string | undefined) => (iso === undefined ? undefined : millis(iso));
