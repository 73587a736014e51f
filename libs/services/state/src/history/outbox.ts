import type { DatabaseSync } from 'node:sqlite';

/** Something the bus is owed. `incident` is a value of the INCIDENTS key-value, the others are messages. */
export interface Owed {
  readonly n: number;
  readonly kind: 'fact' | 'incident' | 'transition';
  /** Subject to publish on, or key to put. */
  readonly subject: string;
  /** De-duplication id. */
  readonly id: string;
  /** JSON. */
  readonly body: string;
}

/** What committed transactions still owe the bus, in order. */
export interface Outbox {
  /** Called inside the transaction whose outcome is owed. */
  owe(owed: Omit<Owed, 'n'>): void;
  /** The oldest `limit` debts. */
  next(limit: number): Owed[];
  /** Forgets everything up to and including `n`: the bus has stored it. */
  settle(n: number): void;
}

/** Makes the outbox of a history. */
export function createOutbox(db: DatabaseSync): Outbox {
  const insert = db.prepare('INSERT INTO outbox (kind, subject, id, body) VALUES (?, ?, ?, ?)');
  const select = db.prepare('SELECT n, kind, subject, id, body FROM outbox ORDER BY n LIMIT ?');
  const remove = db.prepare('DELETE FROM outbox WHERE n <= ?');
  return {
    owe({ kind, subject, id, body }) {
      insert.run(kind, subject, id, body);
    },
    // The columns are those of the table, which only `owe` writes.
    next: (limit) => select.all(limit) as unknown as Owed[],
    settle(n) {
      remove.run(n);
    },
  };
}
