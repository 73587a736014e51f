import type { DatabaseSync } from 'node:sqlite';
import type { Event, RawAnswer, RawInput, RawQuery } from '@proxmox-mcp/schemas';
import { boundedPage } from './bounded-page.ts';
import { millis } from './columns.ts';
import { among, positionOf, scanPage, within } from './scan.ts';

/** The inputs that events were read from. */
export interface RawInputStore {
  /** Once for each id, however often it is delivered. */
  insert(raw: RawInput): void;
  /** By its own id, or by that of an event that was read from it. */
  query(query: RawQuery): Promise<RawAnswer>;
}

/** What a row costs beside its body: index entries and headers. */
const ROW_BYTES = 200;

/** Makes the store of an open file. @param ofRaw what became of an input. */
export function createRawInputStore(db: DatabaseSync, ofRaw: (rawId: string) => Event[]): RawInputStore {
  const insert = db.prepare(
    'INSERT OR IGNORE INTO raw_inputs (id, channel, received, size, body) VALUES (?, ?, ?, ?, ?)',
  );
  const byId = db.prepare('SELECT body FROM raw_inputs WHERE id = ?');
  const byNumber = db.prepare('SELECT body FROM raw_inputs WHERE n = ?');
  const ofEvent = db.prepare('SELECT raw FROM events WHERE id = ?');

  const item = (body: string) => {
    const raw = JSON.parse(body) as RawInput;
    return { raw, events: ofRaw(raw.id) };
  };

  function one(id: string): RawAnswer {
    const rawId = ofEvent.get(id)?.['raw'] ?? id;
    const row = byId.get(String(rawId));
    return { items: row ? [item(String(row['body']))] : [] };
  }

  return {
    insert(raw) {
      const body = JSON.stringify(raw);
      insert.run(raw.id, raw.channel, millis(raw.receivedAt), body.length + ROW_BYTES, body);
    },
    async query(query) {
      if (query.id !== undefined) return one(query.id);
      const at = (iso: string | undefined) => (iso === undefined ? undefined : millis(iso));
      const found = await scanPage(db, {
        table: 'raw_inputs',
        time: 'received',
        lanes: [within('received', at(query.since), at(query.until))],
        residual: query.channels ? [among('channel', query.channels)] : [],
        newestFirst: false,
        after: positionOf(query.cursor),
        limit: query.limit + 1,
      });
      return boundedPage(found, query.limit, (n) => {
        const body = byNumber.get(n)?.['body'];
        if (typeof body !== 'string') return undefined;
        const made = item(body);
        const chars = made.events.reduce((sum, event) => sum + JSON.stringify(event).length, body.length);
        return { item: made, chars };
      });
    },
  };
}
