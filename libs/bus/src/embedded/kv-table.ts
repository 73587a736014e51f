import type { DatabaseSync } from 'node:sqlite';
import type { BucketName } from '@proxmox-mcp/schemas';
import { type Consumer, type KeyValue, type KvChange, type KvEntry, WrongRevision } from '../bus.ts';
import { checkKey, checkSize, keyPrefix } from '../shared/limits.ts';

interface Write {
  readonly bucket: BucketName;
  readonly key: string;
  /** `undefined` deletes. */
  readonly value: string | undefined;
  /** `undefined`: any; 0: the key must not exist. */
  readonly expected: number | undefined;
  readonly resolve: (revision: number) => void;
  readonly reject: (error: Error) => void;
}

interface Watcher {
  readonly bucket: BucketName;
  readonly prefix: string;
  readonly onChange: (change: KvChange) => void;
}

/** The key-value buckets. Writes queue up for the transaction of the bus's turn; reads see what is committed. */
export class KvTable {
  readonly #queue: Write[] = [];
  readonly #watchers = new Set<Watcher>();
  readonly #wake: () => void;
  readonly #get;
  readonly #set;
  readonly #delete;
  readonly #list;
  readonly #nextRevision;

  constructor(db: DatabaseSync, wake: () => void) {
    this.#wake = wake;
    this.#get = db.prepare('SELECT revision, value FROM kv WHERE bucket = ? AND key = ?');
    this.#set = db.prepare(
      `INSERT INTO kv (bucket, key, revision, value) VALUES (?, ?, ?, ?)
       ON CONFLICT (bucket, key) DO UPDATE SET revision = excluded.revision, value = excluded.value`,
    );
    this.#delete = db.prepare('DELETE FROM kv WHERE bucket = ? AND key = ?');
    this.#list = db.prepare(
      'SELECT key, revision, value FROM kv WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key',
    );
    this.#nextRevision = db.prepare(
      'INSERT INTO bucket (name, revision) VALUES (?, 1) ON CONFLICT DO UPDATE SET revision = revision + 1 RETURNING revision',
    );
  }

  bucket(bucket: BucketName): KeyValue {
    const write = async (key: string, value: string | undefined, expected: number | undefined) => {
      checkKey(key);
      if (value !== undefined) checkSize(`writing ${bucket}/${key}`, value);
      return await new Promise<number>((resolve, reject) => {
        this.#queue.push({ bucket, key, value, expected, resolve, reject });
        this.#wake();
      });
    };
    return {
      get: async (key) => {
        checkKey(key);
        return this.#read(bucket, key);
      },
      put: (key, value) => write(key, value, undefined),
      create: (key, value) => write(key, value, 0),
      update: async (key, value, revision) => {
        if (!(revision >= 1))
          throw new WrongRevision(`writing ${bucket}/${key}: revision ${revision} never was`);
        return await write(key, value, revision);
      },
      delete: async (key) => void (await write(key, undefined, undefined)),
      list: async (prefix) => this.#entries(bucket, keyPrefix(prefix)),
      watch: async (prefix, onChange) => this.#watch({ bucket, prefix: keyPrefix(prefix), onChange }),
    };
  }

  get pending(): boolean {
    return this.#queue.length > 0;
  }

  /**
   * Applies the queue inside the bus's transaction.
   *
   * @returns what to call once it is committed, or with an error once it is rolled back.
   */
  write(): (error?: Error) => void {
    const writes = this.#queue.splice(0);
    const settled = writes.map((write) => this.#apply(write));
    return (error) => {
      if (error !== undefined) for (const write of writes) write.reject(error);
      else for (const settle of settled) settle();
    };
  }

  rejectAll(error: Error): void {
    for (const write of this.#queue.splice(0)) write.reject(error);
  }

  #apply(write: Write): () => void {
    const { bucket, key, value, expected } = write;
    const present = this.#read(bucket, key);
    if (expected !== undefined && expected !== (present?.revision ?? 0)) {
      const found = present === undefined ? 'it does not exist' : `it is at ${present.revision}`;
      const wanted = expected === 0 ? 'not to exist' : `revision ${expected}`;
      return () => write.reject(new WrongRevision(`writing ${bucket}/${key}: expected ${wanted}, ${found}`));
    }
    if (value === undefined && present === undefined) return () => write.resolve(0);
    const revision = Number(this.#nextRevision.get(bucket)?.['revision']);
    if (value === undefined) this.#delete.run(bucket, key);
    else this.#set.run(bucket, key, revision, value);
    return () => {
      write.resolve(revision);
      for (const watcher of this.#watchers) {
        if (watcher.bucket === bucket && key.startsWith(watcher.prefix))
          watcher.onChange({ key, value, revision });
      }
    };
  }

  #watch(watcher: Watcher): Consumer {
    const present = this.#entries(watcher.bucket, watcher.prefix).sort((a, b) => a.revision - b.revision);
    for (const entry of present) watcher.onChange(entry);
    this.#watchers.add(watcher);
    return {
      stop: async () => {
        this.#watchers.delete(watcher);
      },
    };
  }

  #read(bucket: BucketName, key: string): KvEntry | undefined {
    const row = this.#get.get(bucket, key);
    return row === undefined
      ? undefined
      : { key, value: String(row['value']), revision: Number(row['revision']) };
  }

  #entries(bucket: BucketName, prefix: string): KvEntry[] {
    // '/' follows '.' in ASCII: every key that begins with `vm.` is below `vm/`. Keys have no character above 'z'.
    const end = prefix === '' ? '{' : `${prefix.slice(0, -1)}/`;
    return this.#list.all(bucket, prefix, end).map((row) => ({
      key: String(row['key']),
      value: String(row['value']),
      revision: Number(row['revision']),
    }));
  }
}
