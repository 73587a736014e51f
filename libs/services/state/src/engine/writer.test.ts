import { DatabaseSync } from 'node:sqlite';
import { createWriter } from './writer.ts';

describe('the writer', () => {
  let db: DatabaseSync;
  beforeEach(() => {
    db = new DatabaseSync(':memory:');
    db.exec('CREATE TABLE kept (word TEXT NOT NULL)');
  });
  afterEach(() => db.close());

  /** A writer whose pieces note words, which are kept all at once before the commit; `poison` cannot be. */
  function noting() {
    let noted: string[] = [];
    const insert = db.prepare('INSERT INTO kept (word) VALUES (?)');
    const writer = createWriter({
      db,
      drain: async () => undefined,
      complete() {
        for (const word of noted) {
          if (word === 'poison') throw new Error('cannot be kept');
          insert.run(word);
        }
        noted = [];
      },
      undone: () => (noted = []),
    });
    return { writer, note: (word: string) => writer.write(() => void noted.push(word)) };
  }

  const kept = () =>
    db
      .prepare('SELECT word FROM kept ORDER BY word')
      .all()
      .map(({ word }) => word);

  it('completes what several pieces left, once, before the commit', async () => {
    const { note } = noting();
    await Promise.all(['a', 'b', 'c'].map(note));
    expect(kept()).toEqual(['a', 'b', 'c']);
  });

  it('lets one piece that cannot be completed fail alone, and keeps the others', async () => {
    const { note } = noting();
    const outcomes = await Promise.allSettled(['a', 'poison', 'b'].map(note));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(kept()).toEqual(['a', 'b']);
  });
});
