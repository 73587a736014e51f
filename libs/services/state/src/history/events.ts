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
  /** Worker process that wrote the report, where that is all that tells the task. */
  readonly pid?: number;
}

/** The event history. */
export interface EventStore {
  /** @returns false when the event is there already: it was delivered before. */
  insert(event: Event, place: EventPlace): boolean;
  /** Reports of one fact: all but progress, oldest first, and the newest progress. At most 101. */
  membersOf(factId: string): Event[];
  /** Reports without a UPID of one node and type prefix in a span (milliseconds), with the fact each belongs to now. */
  unbound(
    node: string,
    typePrefix: string,
    span: readonly [number, number],
  ): { event: Event; fact: string }[];
  /** What became of one raw input, as it is kept; at most 100. */
  ofRaw(rawId: string): Event[];
  /** Moves an event to another fact. */
  rehome(eventId: string, factId: string): void;
  query(query: EventsQuery): Promise<EventsAnswer>;
  /** Distinct types seen so far. */
  types(): string[];
}

/** Reports one fact is made of at most; a task has a handful, only a forger sends more. */
const MAX_MEMBERS = 100;

/** Types served by an index each; more than that are tried row by row. */
const MAX_LANES = 24;

/** Makes the event history of an open file. */
export function createEventStore(db: DatabaseSync): EventStore {
  const insert = db.prepare(
    `INSERT OR IGNORE INTO events (id, seq, type, rank, channel, source, cluster, node, vmid, storage, upid, pid, occurred,
     received, title, fact, progress, raw, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const reports = db.prepare(
    `SELECT body FROM events WHERE fact = ? AND progress = 0 ORDER BY occurred, n LIMIT ${MAX_MEMBERS}`,
  );
  const progress = db.prepare(
    'SELECT body FROM events WHERE fact = ? AND progress = 1 ORDER BY occurred DESC, n DESC LIMIT 1',
  );
  const unbound = db.prepare(
    `SELECT body, fact FROM events INDEXED BY events_by_node WHERE node = ? AND occurred BETWEEN ? AND ?
     AND upid IS NULL AND substr(type, 1, ?) = ? ORDER BY occurred, n LIMIT 50`,
  );
  const ofRaw = db.prepare('SELECT body FROM events WHERE raw = ? ORDER BY n LIMIT 100');
  const rehome = db.prepare('UPDATE events SET fact = ? WHERE id = ?');
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
        orNull(place.pid),
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
    membersOf: (factId) => [...reports.all(factId), ...progress.all(factId)].map(parse),
    unbound: (node, prefix, [from, to]) =>
      unbound
        .all(node, from, to, prefix.length, prefix)
        .map((row) => ({ event: parse(row), fact: String(row['fact']) })),
    ofRaw: (rawId) => ofRaw.all(rawId).map(parse),
    rehome(eventId, factId) {
      rehome.run(factId, eventId);
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
