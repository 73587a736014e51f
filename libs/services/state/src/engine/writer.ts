import type { DatabaseSync } from 'node:sqlite';

/** One after the other, everything that writes the history. */
export interface Writer {
  /**
   * Runs `work` inside a transaction that it shares with whatever else waits. Resolves when the transaction has committed and
   * the bus has stored what it owes. What `work` throws undoes `work` alone.
   */
  write<T>(work: () => T): Promise<T>;
  /** Refuses new work and waits for what is under way. */
  stop(): Promise<void>;
}

export interface WriterParts {
  readonly db: DatabaseSync;
  /** Gives the bus what committed transactions owe; resolves when nothing is owed, throws when stopped. */
  readonly drain: () => Promise<void>;
  /** Called before each commit, for what its pieces left to be done together. */
  readonly complete?: () => void;
  /** Called when a transaction has been undone. */
  readonly undone?: () => void;
  /** Called with the number of pieces of work of each transaction. */
  readonly onCommit?: (pieces: number) => void;
}

/** The service is stopping; the message comes again later. */
export class WriterStopped extends Error {
  override readonly name = 'WriterStopped';
}

/** Pieces per transaction: bounds how long SQLite, which is synchronous, keeps the event loop. */
const MAX_PIECES = 128;

interface Piece {
  readonly run: () => void;
  readonly done: () => void;
  readonly fail: (err: unknown) => void;
}

/**
 * Makes the writer. Pieces that arrive while a transaction is under way share the next one: alone each is written at once, under
 * load a commit serves many.
 */
export function createWriter({ db, drain, complete, undone, onCommit }: WriterParts): Writer {
  const waiting: Piece[] = [];
  let loop: Promise<void> | undefined;
  let isStopped = false;

  async function work(): Promise<void> {
    // Messages of one delivery arrive in one turn: let them gather.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const pieces = waiting.splice(0, MAX_PIECES);
      const done = commit(pieces);
      onCommit?.(pieces.length);
      try {
        await drain();
        for (const piece of done) piece.done();
      } catch (err) {
        for (const piece of done) piece.fail(err);
      }
    }
    loop = undefined;
  }

  /** @returns the pieces whose work is in the database now; the others have been told why not. */
  function commit(pieces: readonly Piece[]): Piece[] {
    const done: Piece[] = [];
    try {
      db.exec('BEGIN IMMEDIATE');
      for (const piece of pieces) {
        db.exec('SAVEPOINT piece');
        try {
          piece.run();
          db.exec('RELEASE piece');
          done.push(piece);
        } catch (err) {
          // A full disk rolls the whole transaction back by itself; then the others have failed too.
          if (!db.isTransaction) throw err;
          db.exec('ROLLBACK TO piece; RELEASE piece');
          piece.fail(err);
        }
      }
      complete?.();
      db.exec('COMMIT');
      return done;
    } catch (err) {
      if (db.isTransaction) db.exec('ROLLBACK');
      undone?.();
      // One of them cannot be completed: alone each fails or succeeds by itself.
      if (done.length > 1) return done.flatMap((piece) => commit([piece]));
      for (const piece of pieces) piece.fail(err);
      return [];
    }
  }

  return {
    write<T>(run: () => T): Promise<T> {
      if (isStopped) return Promise.reject(new WriterStopped('the history is closing'));
      return new Promise<T>((resolve, reject) => {
        let result: T;
        waiting.push({
          run: () => {
            result = run();
          },
          done: () => resolve(result),
          fail: reject,
        });
        loop ??= work();
      });
    },
    async stop() {
      isStopped = true;
      await loop;
    },
  };
}
