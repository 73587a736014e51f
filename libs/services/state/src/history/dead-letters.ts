import type { DatabaseSync } from 'node:sqlite';
import type { DeadLetter, DeadLettersAnswer, DeadLettersQuery } from '@proxmox-mcp/schemas';
import { boundedPage } from './bounded-page.ts';
import { millis } from './columns.ts';
import { among, positionOf, scanPage, within } from './scan.ts';

/** What could not be understood or handled. */
export interface DeadLetterStore {
  /** @returns false when it is there already: it was delivered before. */
  insert(letter: DeadLetter, seq: number): boolean;
  query(query: DeadLettersQuery): Promise<DeadLettersAnswer>;
}

const ROW_BYTES = 200;

/** Makes the store of an open file. */
export function createDeadLetterStore(db: DatabaseSync): DeadLetterStore {
  const insert = db.prepare(
    'INSERT OR IGNORE INTO dead_letters (seq, at, service, reason, size, body) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const byNumber = db.prepare('SELECT body FROM dead_letters WHERE n = ?');
  return {
    insert(letter, seq) {
      const body = JSON.stringify(letter);
      const { at, service, reason } = letter;
      return insert.run(seq, millis(at), service, reason, body.length + ROW_BYTES, body).changes === 1;
    },
    async query(query) {
      const at = (iso: string | undefined) => (iso === undefined ? undefined : millis(iso));
      const found = await scanPage(db, {
        table: 'dead_letters',
        time: 'at',
        lanes: [within('at', at(query.since), at(query.until))],
        residual: [
          ...(query.service === undefined ? [] : [among('service', [query.service])]),
          ...(query.reason === undefined ? [] : [among('reason', [query.reason])]),
        ],
        newestFirst: query.order === 'newest',
        after: positionOf(query.cursor),
        limit: query.limit + 1,
      });
      return boundedPage(found, query.limit, (n) => {
        const body = byNumber.get(n)?.['body'];
        if (typeof body !== 'string') return undefined;
        return { item: { ...(JSON.parse(body) as DeadLetter), id: `dl-${n}` }, chars: body.length };
      });
    },
  };
}
