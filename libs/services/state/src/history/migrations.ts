/**
 * Forward migrations of `history.sqlite`, one per version: entry 0 makes version 1. Released entries never change; a newer
 * shape is a new entry. `PRAGMA user_version` says which have run.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

  -- n is the order of arrival here. seq is the bus's own number, which starts anew when the stream is made anew.
  CREATE TABLE events (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL, type TEXT NOT NULL, rank INTEGER NOT NULL,
    channel TEXT NOT NULL, source TEXT NOT NULL, cluster TEXT, node TEXT, vmid INTEGER, storage TEXT, upid TEXT,
    pid INTEGER, occurred INTEGER NOT NULL, received INTEGER NOT NULL, title TEXT NOT NULL, fact TEXT NOT NULL,
    progress INTEGER NOT NULL, body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_by_time ON events (occurred, n);
  CREATE INDEX events_by_type ON events (type, occurred, n);
  CREATE INDEX events_by_rank ON events (rank, occurred, n);
  CREATE INDEX events_by_node ON events (node, occurred, n);
  CREATE INDEX events_by_vmid ON events (vmid, occurred, n) WHERE vmid IS NOT NULL;
  CREATE INDEX events_by_upid ON events (upid, occurred, n) WHERE upid IS NOT NULL;
  CREATE INDEX events_by_fact ON events (fact, progress, occurred, n);
  CREATE INDEX events_by_arrival ON events (received);

  CREATE TABLE facts (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, family TEXT NOT NULL, type TEXT NOT NULL, rank INTEGER NOT NULL,
    cluster TEXT, node TEXT, vmid INTEGER, storage TEXT, upid TEXT, user TEXT, started INTEGER NOT NULL, ended INTEGER,
    merged INTEGER NOT NULL, body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX facts_by_time ON facts (started, n) WHERE merged = 0;
  CREATE INDEX tasks_by_time ON facts (started, n) WHERE merged = 0 AND upid IS NOT NULL;
  CREATE INDEX facts_running ON facts (started, n) WHERE merged = 0 AND ended IS NULL;
  CREATE INDEX facts_by_vmid ON facts (vmid, started, n) WHERE merged = 0 AND vmid IS NOT NULL;
  CREATE INDEX facts_by_node ON facts (node, started, n) WHERE merged = 0;
  CREATE INDEX facts_by_rank ON facts (rank, started, n) WHERE merged = 0;
  CREATE INDEX facts_by_type ON facts (type, started, n) WHERE merged = 0;
  CREATE INDEX facts_by_upid ON facts (upid) WHERE upid IS NOT NULL;
  CREATE INDEX facts_ended ON facts (family, node, ended);

  CREATE TABLE incidents (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL, anchor TEXT NOT NULL, open INTEGER NOT NULL,
    status TEXT NOT NULL, rank INTEGER NOT NULL, cluster TEXT, node TEXT, vmid INTEGER, storage TEXT,
    opened INTEGER NOT NULL, updated INTEGER NOT NULL, snoozed INTEGER, resolved INTEGER, memo TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  -- The promise of the schema: at most one unresolved incident has a key.
  CREATE UNIQUE INDEX incidents_open_by_key ON incidents (key) WHERE open = 1;
  CREATE INDEX incidents_open_by_anchor ON incidents (anchor) WHERE open = 1;
  CREATE INDEX incidents_by_change ON incidents (updated, n);
  CREATE INDEX incidents_snoozed ON incidents (snoozed) WHERE snoozed IS NOT NULL;
  CREATE INDEX incidents_resolved ON incidents (resolved) WHERE resolved IS NOT NULL;

  CREATE TABLE incident_facts (
    fact TEXT PRIMARY KEY, incident TEXT NOT NULL, run INTEGER NOT NULL, at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX incident_facts_by_incident ON incident_facts (incident, at);

  -- What the bus is still owed for transactions that have committed.
  CREATE TABLE outbox (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL) STRICT;
  `,
  `
  -- What events were read from. size is what a row is taken to cost, in bytes.
  CREATE TABLE raw_inputs (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, channel TEXT NOT NULL, received INTEGER NOT NULL, size INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX raw_inputs_by_arrival ON raw_inputs (received, n);
  ALTER TABLE events ADD COLUMN raw TEXT;
  CREATE INDEX events_by_raw ON events (raw) WHERE raw IS NOT NULL;

  -- seq and at together tell a letter that is delivered twice; seq alone starts anew when the stream is made anew.
  CREATE TABLE dead_letters (
    n INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at INTEGER NOT NULL, service TEXT NOT NULL, reason TEXT NOT NULL,
    size INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (seq, at)
  ) STRICT;
  CREATE INDEX dead_letters_by_time ON dead_letters (at, n);

  -- What both take up, kept by the file itself: to sum up a million rows each minute would hold up everybody.
  CREATE TABLE kept_bytes (what TEXT PRIMARY KEY, bytes INTEGER NOT NULL) STRICT;
  INSERT INTO kept_bytes VALUES ('raw_inputs', 0), ('dead_letters', 0);
  CREATE TRIGGER raw_inputs_kept AFTER INSERT ON raw_inputs BEGIN
    UPDATE kept_bytes SET bytes = bytes + NEW.size WHERE what = 'raw_inputs'; END;
  CREATE TRIGGER raw_inputs_gone AFTER DELETE ON raw_inputs BEGIN
    UPDATE kept_bytes SET bytes = bytes - OLD.size WHERE what = 'raw_inputs'; END;
  CREATE TRIGGER dead_letters_kept AFTER INSERT ON dead_letters BEGIN
    UPDATE kept_bytes SET bytes = bytes + NEW.size WHERE what = 'dead_letters'; END;
  CREATE TRIGGER dead_letters_gone AFTER DELETE ON dead_letters BEGIN
    UPDATE kept_bytes SET bytes = bytes - OLD.size WHERE what = 'dead_letters'; END;
  `,
  `
  -- Where reports, tasks and facts are found by what has to do with them. What was stored before is not looked at again.
  CREATE TABLE places (
    place TEXT NOT NULL, at INTEGER NOT NULL, item TEXT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (place, at, item)
  ) STRICT, WITHOUT ROWID;
  -- Reports of one second come in any order: what a fact shows of very many must not depend on it.
  DROP INDEX events_by_fact;
  CREATE INDEX events_by_fact ON events (fact, progress, occurred, id);
  `,
  `
  -- Whether a condition that begins has just been over, what is stale or flaps, and what may be a cause, is asked again and again.
  CREATE INDEX incidents_closed_by_anchor ON incidents (anchor, resolved) WHERE open = 0;
  CREATE INDEX incidents_open_by_status ON incidents (status) WHERE open = 1;
  CREATE INDEX incidents_open_by_condition ON incidents (json_extract(body, '$.condition')) WHERE open = 1;
  `,
  `
  -- Troubles that must last before anything is told of them. place: where their incident would be looked up.
  CREATE TABLE held_troubles (
    key TEXT PRIMARY KEY, place TEXT NOT NULL, due INTEGER NOT NULL, body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX held_troubles_by_place ON held_troubles (place);
  CREATE INDEX held_troubles_due ON held_troubles (due);
  -- Incidents that count as over when nothing more is heard of them.
  CREATE INDEX incidents_expiring ON incidents (json_extract(memo, '$.expiresAt')) WHERE open = 1;
  `,
  `
  -- How full storages were, for when they will be full.
  CREATE TABLE usage_samples (
    key TEXT NOT NULL, at INTEGER NOT NULL, used INTEGER NOT NULL, total INTEGER NOT NULL, PRIMARY KEY (key, at)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Lists of incidents. Whatever else is asked for is tried on the index itself: the rows are some kilobytes each.
  ALTER TABLE incidents ADD COLUMN condition TEXT AS (json_extract(body, '$.condition')) VIRTUAL;
  DROP INDEX incidents_by_change;
  CREATE INDEX incidents_by_change ON incidents (updated, n, opened, status, rank, cluster, node, vmid, storage, condition);
  CREATE INDEX incidents_by_vmid ON incidents (vmid, updated, n) WHERE vmid IS NOT NULL;
  CREATE INDEX incidents_by_storage ON incidents (storage, updated, n) WHERE storage IS NOT NULL;
  CREATE INDEX incidents_by_node ON incidents (node, updated, n, status, rank, cluster, condition);
  CREATE INDEX incidents_by_condition ON incidents (condition, updated, n, status, rank, cluster);
  CREATE INDEX incidents_by_cluster ON incidents (cluster, updated, n, status, rank);
  CREATE INDEX incidents_by_rank ON incidents (rank, updated, n, status);
  -- Few: only they can have changed more than a day after a time and have begun before it.
  CREATE INDEX incidents_long ON incidents (updated, n, opened) WHERE updated - opened > 86400000;
  DROP INDEX incidents_open_by_status;
  CREATE INDEX incidents_open_by_status ON incidents (status, updated, n) WHERE open = 1;
  `,
];
