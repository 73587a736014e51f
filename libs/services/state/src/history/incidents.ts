import type { DatabaseSync } from 'node:sqlite';
import type { Incident, IncidentsAnswer, IncidentsQuery } from '@proxmox-mcp/schemas';
import { beganAt, isOpen, type Held } from '../incidents/change.ts';
import type { Memo } from '../incidents/memo.ts';
import { millis, orNull, rankOf, RANKS } from './columns.ts';
import { among, cursorOf, positionOf, scanPage, typesOf, within, type Condition } from './scan.ts';

/** The incidents, and which facts each is made of. */
export interface IncidentStore {
  get(id: string): Held | undefined;
  put(held: Held, anchor: string): void;
  /** Unresolved ones of an anchor; `prefix` takes every anchor that begins so. Newest first, at most 100. */
  openAt(anchor: string): Held[];
  openUnder(prefix: string): Held[];
  openByKey(key: string): Held | undefined;
  countOpen(): number;
  /** All unresolved ones. */
  unresolved(): Incident[];
  /** Unresolved ones whose snooze is over by `at`; at most 100. */
  snoozedBefore(at: number): Held[];
  /** Unresolved ones that began (again) at `since` or later, newest first; at most 2,000. */
  begunSince(since: number): Held[];
  /** The same, and those that are suppressed. */
  toReview(since: number): Held[];
  /** Grows with every write: who remembers what was read can see whether it still holds. */
  writes(): number;
  /** Unresolved ones of a condition, in a cluster; at most 500. */
  openOf(condition: string, cluster: string | undefined): Incident[];
  /** The one of a key and anchor that was resolved last. */
  lastResolved(key: string, anchor: string): Held | undefined;
  /** The one of an anchor that was resolved last, whatever its cluster. */
  lastResolvedAt(anchor: string): Held | undefined;
  /** Unresolved ones of a status; at most 2,000. */
  inStatus(status: Incident['status']): Held[];
  /** Unresolved ones whose key begins so; at most 500. */
  openUnderKey(prefix: string): Held[];
  /** Those of some conditions that are unresolved, or were resolved at `since` or later; at most 500 of each. */
  ofConditions(conditions: readonly string[], since: number): Incident[];
  /** Gives all facts of one incident to another. */
  moveFacts(from: string, to: string): void;
  /** Resolved ones of a condition, in a cluster, that ended at `since` or later; at most 500. */
  endedOf(condition: string, cluster: string | undefined, since: number): Incident[];
  /** Unresolved ones that count as over by `at`, for nothing more was heard of them; at most 100. */
  expiredBy(at: number): Held[];
  anchorOf(id: string): string;
  /** Which incident a fact belongs to. */
  ofFact(factId: string): string | undefined;
  /** Puts a fact into an incident, out of any other. `run` counts as an occurrence. */
  addFact(factId: string, incidentId: string, fact: { readonly run: boolean; readonly at: number }): void;
  removeFact(factId: string): void;
  /** Facts of an incident, oldest first, the newest 200; and how many of all are runs. */
  factsOf(incidentId: string): { readonly ids: string[]; readonly runs: number };
  query(query: IncidentsQuery): Promise<IncidentsAnswer>;
}

/** Makes the incident store of an open file. */
export function createIncidentStore(db: DatabaseSync): IncidentStore {
  const columns = 'body, memo';
  const get = db.prepare(`SELECT ${columns} FROM incidents WHERE id = ?`);
  const byNumber = db.prepare('SELECT body FROM incidents WHERE n = ?');
  const put = db.prepare(
    `INSERT INTO incidents (id, key, anchor, open, status, rank, cluster, node, vmid, storage, opened, updated, snoozed,
     resolved, memo, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
     key = excluded.key, anchor = excluded.anchor, open = excluded.open, status = excluded.status, rank = excluded.rank,
     cluster = excluded.cluster, node = excluded.node, vmid = excluded.vmid, storage = excluded.storage,
     opened = excluded.opened, updated = excluded.updated, snoozed = excluded.snoozed, resolved = excluded.resolved, memo = excluded.memo,
     body = excluded.body`,
  );
  const openAt = db.prepare(
    `SELECT ${columns} FROM incidents WHERE anchor = ? AND open = 1 ORDER BY opened DESC, n DESC LIMIT 100`,
  );
  const openUnder = db.prepare(
    `SELECT ${columns} FROM incidents WHERE anchor >= ? AND anchor < ? AND open = 1 ORDER BY opened DESC, n DESC LIMIT 100`,
  );
  const openByKey = db.prepare(`SELECT ${columns} FROM incidents WHERE key = ? AND open = 1`);
  const countOpen = db.prepare('SELECT count(*) AS count FROM incidents WHERE open = 1');
  const snoozed = db.prepare(`SELECT ${columns} FROM incidents WHERE snoozed <= ? AND open = 1 LIMIT 100`);
  const toReview = db.prepare(
    `SELECT ${columns} FROM incidents WHERE open = 1 AND (status = 'suppressed' OR opened >= ?) ORDER BY opened DESC LIMIT 2000`,
  );
  const begunSince = db.prepare(
    `SELECT ${columns} FROM incidents WHERE open = 1 AND opened >= ? ORDER BY opened DESC LIMIT 2000`,
  );
  let writes = 0;
  const openOf = db.prepare(
    `SELECT body FROM incidents WHERE open = 1 AND key >= ? AND key < ? AND key LIKE ? LIMIT 500`,
  );
  const lastResolved = db.prepare(
    `SELECT ${columns} FROM incidents WHERE anchor = ? AND open = 0 AND key = ? ORDER BY resolved DESC LIMIT 1`,
  );
  const lastResolvedAt = db.prepare(
    `SELECT ${columns} FROM incidents WHERE anchor = ? AND open = 0 ORDER BY resolved DESC LIMIT 1`,
  );
  const inStatus = db.prepare(`SELECT ${columns} FROM incidents WHERE status = ? AND open = 1 LIMIT 2000`);
  const openUnderKey = db.prepare(
    `SELECT ${columns} FROM incidents WHERE open = 1 AND key >= ? AND key < ? LIMIT 500`,
  );
  const condition = `json_extract(body, '$.condition')`;
  const openOfCondition = db.prepare(
    `SELECT body FROM incidents WHERE open = 1 AND ${condition} = ? LIMIT 500`,
  );
  // By the index of conditions, newest change first: after a storm thousands have ended.
  const closedOfConditions = db.prepare(
    `SELECT body FROM incidents WHERE condition IN (SELECT value FROM json_each(?2)) AND updated >= ?1 AND resolved >= ?1
     AND open = 0 LIMIT 2000`,
  );
  const moveFacts = db.prepare('UPDATE incident_facts SET incident = ? WHERE incident = ?');
  const endedOf = db.prepare(
    `SELECT body FROM incidents WHERE resolved >= ? AND open = 0 AND key >= ? AND key < ? AND key LIKE ? LIMIT 500`,
  );
  const expired = db.prepare(
    `SELECT ${columns} FROM incidents WHERE open = 1 AND json_extract(memo, '$.expiresAt') <= ? LIMIT 100`,
  );
  const anchor = db.prepare('SELECT anchor FROM incidents WHERE id = ?');
  const ofFact = db.prepare('SELECT incident FROM incident_facts WHERE fact = ?');
  const addFact = db.prepare(
    `INSERT INTO incident_facts (fact, incident, run, at) VALUES (?, ?, ?, ?)
     ON CONFLICT (fact) DO UPDATE SET incident = excluded.incident, run = excluded.run, at = excluded.at`,
  );
  const removeFact = db.prepare('DELETE FROM incident_facts WHERE fact = ?');
  const factsOf = db.prepare(
    'SELECT fact FROM incident_facts WHERE incident = ? ORDER BY at DESC, fact DESC LIMIT 200',
  );
  const runsOf = db.prepare('SELECT count(*) AS count FROM incident_facts WHERE incident = ? AND run = 1');
  const unresolved = db.prepare('SELECT body FROM incidents WHERE open = 1 ORDER BY n');
  // A loose index scan: one step per distinct condition instead of one per row.
  const conditions = db.prepare(
    `WITH RECURSIVE c (condition) AS (SELECT min(condition) FROM incidents UNION ALL
     SELECT (SELECT min(condition) FROM incidents WHERE condition > c.condition) FROM c WHERE c.condition IS NOT NULL)
     SELECT condition FROM c WHERE condition IS NOT NULL LIMIT 1000`,
  );
  const incidentIn = (row: Record<string, unknown>) => JSON.parse(String(row['body'])) as Incident;
  const held = (row: Record<string, unknown>): Held => ({
    incident: incidentIn(row),
    memo: JSON.parse(String(row['memo'])) as Memo,
  });
  const maybe = (row: Record<string, unknown> | undefined) => row && held(row);
  return {
    get: (id) => maybe(get.get(id)),
    put({ incident, memo }, anchorText) {
      writes += 1;
      put.run(
        incident.id,
        incident.key,
        anchorText,
        isOpen(incident) ? 1 : 0,
        incident.status,
        rankOf(incident.severity),
        orNull(incident.cluster),
        orNull(incident.node),
        orNull(incident.guest?.vmid),
        orNull(incident.storage),
        millis(beganAt(incident)),
        millis(incident.updatedAt),
        incident.snoozedUntil === undefined ? null : millis(incident.snoozedUntil),
        incident.resolvedAt === undefined ? null : millis(incident.resolvedAt),
        JSON.stringify(memo),
        JSON.stringify(incident),
      );
    },
    openAt: (text) => openAt.all(text).map(held),
    openUnder: (prefix) => openUnder.all(prefix, `${prefix}\u{10FFFF}`).map(held),
    openByKey: (key) => maybe(openByKey.get(key)),
    countOpen: () => Number(countOpen.get()?.['count'] ?? 0),
    unresolved: () => unresolved.all().map(incidentIn),
    snoozedBefore: (at) => snoozed.all(at).map(held),
    writes: () => writes,
    begunSince: (since) => begunSince.all(since).map(held),
    toReview: (since) => toReview.all(since).map(held),
    openOf(condition, cluster) {
      const prefix = cluster === undefined ? '' : `${cluster}|`;
      return openOf.all(prefix, `${prefix}\u{10FFFF}`, `%|${condition}`).map(incidentIn);
    },
    lastResolved: (key, anchorText) => maybe(lastResolved.get(anchorText, key)),
    lastResolvedAt: (anchorText) => maybe(lastResolvedAt.get(anchorText)),
    inStatus: (status) => inStatus.all(status).map(held),
    openUnderKey: (prefix) => openUnderKey.all(prefix, `${prefix}\u{10FFFF}`).map(held),
    ofConditions: (conditions, since) =>
      [
        ...conditions.flatMap((one) => openOfCondition.all(one)),
        ...closedOfConditions.all(since, JSON.stringify(conditions)),
      ].map(incidentIn),
    moveFacts(from, to) {
      moveFacts.run(to, from);
    },
    endedOf(condition, cluster, since) {
      const prefix = cluster === undefined ? '' : `${cluster}|`;
      return endedOf.all(since, prefix, `${prefix}\u{10FFFF}`, `%|${condition}`).map(incidentIn);
    },
    expiredBy: (at) => expired.all(at).map(held),
    anchorOf: (id) => String(anchor.get(id)?.['anchor'] ?? ''),
    ofFact(factId) {
      const row = ofFact.get(factId);
      return row && String(row['incident']);
    },
    addFact(factId, incidentId, fact) {
      addFact.run(factId, incidentId, fact.run ? 1 : 0, fact.at);
    },
    removeFact(factId) {
      removeFact.run(factId);
    },
    factsOf: (id) => ({
      ids: [...factsOf.all(id)].map((row) => String(row['fact'])).reverse(),
      runs: Number(runsOf.get(id)?.['count'] ?? 0),
    }),
    async query(query) {
      if (query.id !== undefined) {
        const row = get.get(query.id);
        return { items: row ? [incidentIn(row)] : [] };
      }
      const { lanes, residual } = plan(query, () => conditions.all().map((row) => String(row['condition'])));
      const found = await scanPage(db, {
        table: 'incidents',
        time: 'updated',
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
        items: rows.map(incidentIn),
        ...(found.length > query.limit && last ? { nextCursor: cursorOf(last) } : {}),
      };
    },
  };
}

/** Kinds served by an index each; more than that are tried row by row. */
const MAX_LANES = 24;

/** Chooses the index, the narrowest first; what it does not pick out is tried on the index itself. */
function plan(
  query: IncidentsQuery,
  existing: () => string[],
): { lanes: Condition[][]; residual: Condition[] } {
  const since = query.since === undefined ? undefined : millis(query.since);
  const until = query.until === undefined ? undefined : millis(query.until);
  const span = within('updated', since, undefined);
  const lanes: Condition[][] = [];
  const residual: Condition[] = [];
  /** Either drives, a lane for each of its values, or is tried row by row. */
  const drive = (column: string, values: readonly (string | number)[], and: readonly Condition[] = []) => {
    if (lanes.length > 0) residual.push(among(column, values));
    else lanes.push(...values.map((value) => [...and, among(column, [value]), ...span]));
  };
  if (query.vmid !== undefined) drive('vmid', [query.vmid]);
  if (query.storage !== undefined) drive('storage', [query.storage]);
  // Those that are not over are few, and indexed each by itself; nearly all are over.
  if (query.statuses?.includes('resolved') === true) residual.push(among('status', query.statuses));
  else if (query.statuses) drive('status', [...new Set(query.statuses)], [{ sql: 'open = 1', params: [] }]);
  if (until !== undefined) {
    if (lanes.length === 0) lanes.push(...spansUpTo(until, since));
    residual.push({ sql: 'opened <= ?', params: [until] });
  }
  if (query.node !== undefined) drive('node', [query.node]);
  if (query.conditions?.length) {
    const conditions = typesOf(query.conditions, existing());
    if (conditions.length === 0) return { lanes: [], residual: [] };
    if (conditions.length <= MAX_LANES) drive('condition', conditions);
    else residual.push(among('condition', conditions));
  }
  if (query.cluster !== undefined) drive('cluster', [query.cluster]);
  if (query.minSeverity) drive('rank', RANKS.map((_, rank) => rank).slice(rankOf(query.minSeverity)));
  if (lanes.length === 0) lanes.push(span);
  return { lanes, residual };
}

/** Milliseconds that most incidents are shorter than; the index of those that are not says the same number. */
const LONG_MS = 86_400_000;

/**
 * Spans of the last change that hold all incidents which began up to a time, and little else: those that changed within a day of it, and
 * of all that changed later the long ones. Without them everything newer would have to be looked at.
 */
function spansUpTo(until: number, since = 0): Condition[][] {
  const edge = until + LONG_MS;
  return [
    within('updated', since, edge),
    [
      { sql: `updated - opened > ${LONG_MS}`, params: [] },
      { sql: 'updated > ?', params: [Math.max(edge, since - 1)] },
    ],
  ];
}
