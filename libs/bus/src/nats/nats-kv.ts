import type { JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { BucketName } from '@proxmox-mcp/schemas';
import { type KeyValue, type KvChange, type KvEntry, WrongRevision } from '../bus.ts';
import { checkKey, checkSize, keyPrefix } from '../shared/limits.ts';
import type { BusLog } from '../shared/log.ts';
import { followInOrder } from './ordered-tail.ts';
import { reaching } from './reaching.ts';
import { apiCode } from './topology.ts';

const WRONG_LAST_SEQUENCE = [10_071, 10_164];

/** A bucket and its upkeep. */
export interface NatsBucket {
  readonly kv: KeyValue;
  /** Removes the marks of keys deleted longer ago than this; without it they stay for ever. @returns how many. */
  forgetDeleted(olderThanMs: number): Promise<number>;
}

/** Opens a bucket, making it if it is not there. */
export async function openNatsKv(
  js: JetStreamClient,
  options: {
    readonly jsm: JetStreamManager;
    readonly bucket: BucketName;
    readonly replicas: number;
    readonly log: BusLog;
  },
): Promise<NatsBucket> {
  const { bucket, log } = options;
  // Reads go to the leader: compare-and-set after a stale read would fail again and again.
  const store = await new Kvm(js).create(bucket, {
    history: 1,
    replicas: options.replicas,
    allow_direct: false,
  });
  const subjectPrefix = `$KV.${bucket}.`;
  const follow = (prefix: string, onMessage: (msg: JsMsg) => void) =>
    followInOrder(js, {
      stream: `KV_${bucket}`,
      filters: [`${subjectPrefix}${prefix}>`],
      from: 'last-per-subject',
      onMessage,
      log,
    });
  const changeOf = (msg: JsMsg): KvChange => {
    const operation = msg.headers?.get('KV-Operation');
    const deleted = operation === 'DEL' || operation === 'PURGE';
    return {
      key: msg.subject.slice(subjectPrefix.length),
      value: deleted ? undefined : msg.string(),
      revision: msg.seq,
    };
  };

  const kv: KeyValue = {
    async get(key) {
      checkKey(key);
      return await reaching(`reading ${bucket}/${key}`, async () => present(await store.get(key)));
    },
    put: (key, value) => write(bucket, key, value, () => store.put(key, value)),
    create: (key, value) => write(bucket, key, value, () => store.create(key, value)),
    async update(key, value, revision) {
      if (!(revision >= 1))
        throw new WrongRevision(`writing ${bucket}/${key}: revision ${revision} never was`);
      return await write(bucket, key, value, () => store.update(key, value, revision));
    },
    async delete(key) {
      checkKey(key);
      await reaching(`deleting ${bucket}/${key}`, () => store.delete(key));
    },
    async list(prefix) {
      const start = keyPrefix(prefix);
      return await reaching(`listing ${bucket}`, async () => {
        const found = new Map<string, KvEntry>();
        const tail = await follow(start, (msg) => {
          const { key, value, revision } = changeOf(msg);
          if (value === undefined) found.delete(key);
          else found.set(key, { key, value, revision });
        });
        await tail.caughtUp;
        await tail.stop();
        return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
      });
    },
    async watch(prefix, onChange) {
      const start = keyPrefix(prefix);
      return await reaching(`watching ${bucket}`, async () => {
        const seen = new Set<string>();
        let catchingUp = true;
        const tail = await follow(start, (msg) => {
          const change = changeOf(msg);
          // The mark of a key deleted before we came is no change that anybody could have seen.
          if (catchingUp && change.value === undefined && !seen.has(change.key)) return;
          if (catchingUp) seen.add(change.key);
          onChange(change);
        });
        await tail.caughtUp;
        catchingUp = false;
        seen.clear();
        return tail;
      });
    },
  };
  return {
    kv,
    async forgetDeleted(olderThanMs) {
      const marks: number[] = [];
      const before = Date.now() - olderThanMs;
      const tail = await follow('', (msg) => {
        if (changeOf(msg).value === undefined && msg.time.getTime() <= before) marks.push(msg.seq);
      });
      await tail.caughtUp;
      await tail.stop();
      // By sequence: the client's own `purgeDeletes` goes by key, and would take a value written a moment before with it.
      for (const seq of marks) await options.jsm.streams.deleteMessage(`KV_${bucket}`, seq);
      return marks.length;
    },
  };
}

async function write(
  bucket: string,
  key: string,
  value: string,
  put: () => Promise<number>,
): Promise<number> {
  checkKey(key);
  checkSize(`writing ${bucket}/${key}`, value);
  try {
    return await reaching(`writing ${bucket}/${key}`, put);
  } catch (cause) {
    if (WRONG_LAST_SEQUENCE.includes(apiCode(cause) ?? 0)) {
      throw new WrongRevision(`writing ${bucket}/${key}: somebody else wrote it first`, { cause });
    }
    throw cause;
  }
}

function present(entry: Awaited<ReturnType<KV['get']>>): KvEntry | undefined {
  if (entry === null || entry.operation !== 'PUT') return undefined;
  return { key: entry.key, value: entry.string(), revision: entry.revision };
}
