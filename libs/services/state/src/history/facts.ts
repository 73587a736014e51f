import type { DatabaseSync } from 'node:sqlite';
import type { Fact, FactsAnswer, FactsQuery } from '@proxmox-mcp/schemas';
import { millis, orNull, rankOf } from './columns.ts';
import { among, cursorOf, positionOf, scanPage, typesOf, within, type Condition } from './scan.ts';

/** The facts, one row per real happening. */
export interface FactStore {
  get(id: string): Fact | undefined;
  put(fact: Fact, family: string): void;
  /** Facts of an activity on a node that ended within a span (milliseconds), oldest first; at most 50. */
  ended(family: string, node: string, span: readonly [number, number]): Fact[];
  /** Ids of the facts that are parts of a task; at most 2,000. */
  partsOf(upid: string): string[];
  /** Whole PVE backup jobs that ran at some time of a span (milliseconds) or still run, whatever the node; at most 200. */
  backupsAround(from: number, to: number): Fact[];
  /** Tasks about a guest that ran at some time of a span (milliseconds) or still run, newest first; at most 100. */
  tasksOfGuest(vmid: number, span: readonly [number, number]): Fact[];
  /** The same of tasks of a family on a node. */
  tasksOnNode(family: string, node: string, span: readonly [number, number]): Fact[];
  /** Tasks on a node that began after a time (milliseconds) and have not ended; at most 200. */
  runningOn(cluster: string, node: string, since: number): Fact[];
  /** Whether a task is among them. */
  isTask(upid: string): boolean;
  query(query: FactsQuery): Promise<FactsAnswer>;
}

/** One that seems to run for longer has ended without a word. */
const LONGEST_BACKUP_MS = 48 * 3_600_000;

/** Makes the fact store of an open file. */
export function createFactStore(db: DatabaseSync): FactStore {
  const get = db.prepare('SELECT body FROM facts WHERE id = ?');
  const byNumber = db.prepare('SELECT body FROM facts WHERE n = ?');
  const put = db.prepare(
    `INSERT INTO facts (id, family, type, rank, cluster, node, vmid, storage, upid, user, started, ended, merged, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET family = excluded.family,
     type = excluded.type, rank = excluded.rank, cluster = excluded.cluster, node = excluded.node, vmid = excluded.vmid,
     storage = excluded.storage, upid = excluded.upid, user = excluded.user, started = excluded.started,
     ended = excluded.ended, merged = excluded.merged, body = excluded.body`,
  );
  const ended = db.prepare(
    'SELECT body FROM facts WHERE family = ? AND node = ? AND ended BETWEEN ? AND ? AND merged = 0 ORDER BY ended DESC, n LIMIT 50',
  );
  const parts = db.prepare('SELECT id FROM facts WHERE id > ? AND id < ? LIMIT 2000');
  const backups = db.prepare(
    `SELECT body FROM facts WHERE family = 'backup.job' AND merged = 0 AND started <= ? AND started > ? AND
     (ended IS NULL OR ended >= ?) AND upid LIKE 'UPID:%' ORDER BY started DESC LIMIT 200`,
  );
  const during = `merged = 0 AND started <= ? AND started > ? AND (ended IS NULL OR ended >= ?) AND upid LIKE 'UPID:%'`;
  const ofGuest = db.prepare(
    `SELECT body FROM facts WHERE vmid = ? AND ${during} ORDER BY started DESC LIMIT 100`,
  );
  const onNode = db.prepare(
    `SELECT body FROM facts WHERE family = ? AND node = ? AND ${during} ORDER BY started DESC LIMIT 100`,
  );
  const running = db.prepare(
    `SELECT body FROM facts WHERE merged = 0 AND ended IS NULL AND started > ?1 AND node = ?2 AND ifnull(cluster, ?3) = ?3 AND
     upid IS NOT NULL ORDER BY started DESC LIMIT 200`,
  );
  const task = db.prepare('SELECT 1 FROM facts WHERE upid = ? LIMIT 1');
  const types = db.prepare('SELECT DISTINCT type FROM facts WHERE merged = 0 LIMIT 1000');
  const parse = (row: Record<string, unknown>) => JSON.parse(String(row['body'])) as Fact;
  return {
    get(id) {
      const row = get.get(id);
      return row && parse(row);
    },
    put(fact, family) {
      const user = fact.facts['user'];
      put.run(
        fact.id,
        family,
        fact.type,
        rankOf(fact.severity),
        orNull(fact.cluster),
        orNull(fact.node),
        orNull(fact.guest?.vmid),
        orNull(fact.storage),
        orNull(fact.upid),
        typeof user === 'string' ? user : null,
        millis(fact.startedAt),
        fact.endedAt === undefined ? null : millis(fact.endedAt),
        fact.mergedInto === undefined ? 0 : 1,
        JSON.stringify(fact),
      );
    },
    ended: (family, node, [from, to]) => ended.all(family, node, from, to).map(parse).reverse(),
    // The id of a part begins with that of its task: the index on ids serves.
    partsOf: (upid) => parts.all(`${upid}/`, `${upid}/\u{10FFFF}`).map((row) => String(row['id'])),
    backupsAround: (from, to) => backups.all(to, from - LONGEST_BACKUP_MS, from).map(parse),
    tasksOfGuest: (vmid, [from, to]) => ofGuest.all(vmid, to, from - LONGEST_BACKUP_MS, from).map(parse),
    tasksOnNode: (family, node, [from, to]) =>
      onNode.all(family, node, to, from - LONGEST_BACKUP_MS, from).map(parse),
    runningOn: (cluster, node, since) => running.all(since, node, cluster).map(parse),
    isTask: (upid) => task.get(upid) !== undefined,
    async query(query) {
      if (query.id !== undefined) {
        const row = get.get(query.id);
        return { items: row ? [parse(row)] : [] };
      }
      const { lanes, residual } = plan(query, () => types.all().map((row) => String(row['type'])));
      const found = await scanPage(db, {
        table: 'facts',
        time: 'started',
        lanes,
        residual,
        newestFirst: true,
        after: positionOf(query.cursor),
        limit: query.limit + 1,
      });
      const page = found.slice(0, query.limit);
      const last = page.at(-1);
      const rows = page.map(({ n }) => byNumber.get(n)).filter((row) => row !== undefined);
      return {
        items: rows.map(parse),
        ...(found.length > query.limit && last ? { nextCursor: cursorOf(last) } : {}),
      };
    },
  };
}

function plan(query: FactsQuery, existing: () => string[]): { lanes: Condition[][]; residual: Condition[] } {
  const span = within('started', timeOf(query.since), timeOf(query.until));
  const types = query.types && typesOf(query.types, existing());
  const live: Condition = { sql: 'merged = 0', params: [] };
  // In order of how few rows each usually leaves; the first one given picks the index.
  const wanted: Condition[] = [];
  if (query.upid !== undefined) wanted.push(among('upid', [query.upid]));
  if (query.running === true) wanted.push({ sql: 'ended IS NULL', params: [] });
  if (query.vmid !== undefined) wanted.push(among('vmid', [query.vmid]));
  if (types) wanted.push(among('type', types));
  if (query.node !== undefined) wanted.push(among('node', [query.node]));
  if (query.tasks === true) wanted.push({ sql: 'upid IS NOT NULL', params: [] });
  if (query.tasks === false) wanted.push({ sql: 'upid IS NULL', params: [] });
  if (query.running === false) wanted.push({ sql: 'ended IS NOT NULL', params: [] });
  if (query.minSeverity !== undefined)
    wanted.push(among('rank', [0, 1, 2, 3, 4].slice(rankOf(query.minSeverity))));
  if (query.cluster !== undefined) wanted.push(among('cluster', [query.cluster]));
  if (query.storage !== undefined) wanted.push(among('storage', [query.storage]));
  if (query.user !== undefined) wanted.push(among('user', [query.user]));
  const [first, ...residual] = wanted;
  // Never the first one: no index knows it.
  if (query.taskType !== undefined) {
    residual.push({ sql: "json_extract(body, '$.facts.task_type') = ?", params: [query.taskType] });
  }
  // `IN` with several values would be sorted as a whole: one lane per type and rank keeps every lane in index order.
  if (first && first.params.length > 1) {
    const column = first.sql.slice(0, first.sql.indexOf(' '));
    return { lanes: first.params.map((value) => [live, among(column, [value]), ...span]), residual };
  }
  if (types?.length === 0) return { lanes: [], residual: [] };
  return { lanes: [first ? [live, first, ...span] : [live, ...span]], residual };
}

const timeOf = (iso: string | undefined) => (iso === undefined ? undefined : millis(iso));
