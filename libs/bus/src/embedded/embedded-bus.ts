// Not the global one: a test that fakes the clock must not keep the log from being written.
import { setImmediate } from 'node:timers';
import type { DatabaseSync } from 'node:sqlite';
import type { StreamName } from '@proxmox-mcp/schemas';
import {
  type Bus,
  BusUnavailable,
  type Consumer,
  type Handler,
  type Message,
  NoAnswer,
  type Outgoing,
  type Published,
} from '../bus.ts';
import { consumeSettings } from '../shared/consume-settings.ts';
import { deadLetterOf } from '../shared/dead-letter.ts';
import {
  checkBucket,
  checkName,
  checkSubject,
  encode,
  InvalidMessage,
  STREAM_NAMES,
  streamOf,
  streamOfFilters,
} from '../shared/limits.ts';
import { type BusLog, silent } from '../shared/log.ts';
import { openDatabase, type Synchronous } from '../shared/open-database.ts';
import { messageOf } from '../shared/message-of.ts';
import { DEFAULT_RETENTION, type Retention } from '../shared/retention.ts';
import { Durable } from './durable.ts';
import { durableTable } from './durable-table.ts';
import { KvTable } from './kv-table.ts';
import { type Stored, type StreamLog, streamLog } from './log.ts';
import { embeddedTables } from './tables.ts';
import { Requests } from './requests.ts';
import { Tail } from './tail.ts';
import { trimLogs } from './trim-logs.ts';

const MAX_BATCH = 1_000;
const MAX_BATCH_BYTES = 4_000_000;
const TRIM_EVERY_MS = 60_000;
const RETRY_COMMIT_MS = 1_000;

export interface EmbeddedBusOptions {
  /** The SQLite file; its folder exists. */
  readonly file: string;
  /** `NORMAL` (default): an acknowledgement survives a killed process. `FULL`: also power loss, 3 to 10 times slower. */
  readonly synchronous?: Synchronous;
  /** What every consumer has passed goes after this. Default 7 days, 1 GB. */
  readonly retention?: Partial<Retention>;
  readonly log?: BusLog;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** The embedded bus and what only it can do. */
export interface EmbeddedBus extends Bus {
  /** Deletes what is past retention. Runs by itself every minute. @returns rows deleted. */
  trim(): number;
}

interface Publish {
  readonly stream: StreamName;
  readonly subject: string;
  readonly data: string;
  readonly id: string | undefined;
  readonly resolve: (published: Published) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Opens the bus of a single process: a durable log in one SQLite file.
 *
 * Everything asked for in one turn of the event loop is one transaction: publishes, key-value writes, positions and delivery
 * attempts. Retention deletes only what all durables have passed; a durable that nobody has consumed for `maxAgeMs` no longer
 * counts, and above four times `maxBytes` the oldest goes, read or not. Leases end with the process: opening clears them.
 *
 * @throws {BusUnavailable} another process has the file open.
 */
export async function createEmbeddedBus(options: EmbeddedBusOptions): Promise<EmbeddedBus> {
  const db = openDatabase(options.file, options.synchronous ?? 'NORMAL', embeddedTables());
  // Whoever holds a lease here lived in an earlier process, which is dead: the file is open to one. Waiting for it to run
  // out would leave a host unwatched after every crash.
  db.exec("DELETE FROM kv WHERE bucket = 'LEASES'");
  return new Embedded(db, options);
}

class Embedded implements EmbeddedBus {
  readonly #db: DatabaseSync;
  readonly #now: () => number;
  readonly #log: BusLog;
  readonly #retention: Retention;
  readonly #logs: ReadonlyMap<StreamName, StreamLog>;
  readonly #kv: KvTable;
  readonly #requests = new Requests();
  readonly #durables = new Map<string, Durable>();
  readonly #tails = new Set<Tail>();
  readonly #consumers = new Set<Consumer>();
  readonly #trimTimer: NodeJS.Timeout;
  #queue: Publish[] = [];
  #queueBytes = 0;
  #afterTurn: (() => void)[] = [];
  #armed = false;
  #inTurn = false;
  #retryTimer: NodeJS.Timeout | undefined;
  #closing = false;
  #closed: Promise<void> | undefined;

  constructor(db: DatabaseSync, options: EmbeddedBusOptions) {
    this.#db = db;
    this.#now = options.now ?? Date.now;
    this.#log = options.log ?? silent;
    this.#retention = { ...DEFAULT_RETENTION, ...options.retention };
    this.#logs = new Map(STREAM_NAMES.map((stream) => [stream, streamLog(db, stream)]));
    this.#kv = new KvTable(db, () => this.#wake());
    this.#trimTimer = setInterval(() => this.trim(), TRIM_EVERY_MS);
    this.#trimTimer.unref();
  }

  async publish<T>(subject: string, data: T, options: { readonly id?: string } = {}): Promise<Published> {
    checkSubject(subject);
    const stream = streamOf(subject);
    const text = encode(subject, data);
    return await new Promise<Published>((resolve, reject) => {
      this.#enqueue({ stream, subject, data: text, id: options.id, resolve, reject });
    });
  }

  async publishAll(messages: readonly Outgoing[]): Promise<readonly (Published | InvalidMessage)[]> {
    const answers: (Published | InvalidMessage)[] = [];
    await new Promise<void>((resolve, reject) => {
      let open = 1;
      const close = () => {
        open -= 1;
        if (open === 0) resolve();
      };
      messages.forEach(({ subject, data, id }, index) => {
        try {
          checkSubject(subject);
          const answer = (published: Published) => {
            answers[index] = published;
            close();
          };
          const [stream, text] = [streamOf(subject), encode(subject, data)];
          open += 1;
          this.#enqueue({ stream, subject, data: text, id, resolve: answer, reject });
        } catch (error) {
          if (!(error instanceof InvalidMessage)) throw error;
          answers[index] = error;
        }
      });
      close();
    });
    return answers;
  }

  #enqueue(publish: Publish): void {
    if (this.#closing) throw new BusUnavailable(`publishing to ${publish.subject}: the bus is closed`);
    this.#queue.push(publish);
    this.#queueBytes += publish.data.length;
    // A publisher that never awaits must not fill the memory.
    if ((this.#queue.length >= MAX_BATCH || this.#queueBytes >= MAX_BATCH_BYTES) && !this.#inTurn)
      this.#turn();
    else this.#wake();
  }

  async consume<T>(options: Parameters<Bus['consume']>[0], handler: Handler<T>): Promise<Consumer> {
    this.#checkOpen('consuming');
    const settings = consumeSettings(options);
    const key = `${settings.stream} ${settings.durable}`;
    let durable = this.#durables.get(key);
    if (durable === undefined) {
      durable = new Durable(
        settings,
        this.#logOf(settings.stream),
        durableTable(this.#db, settings.stream, settings.durable),
        {
          now: this.#now,
          wake: () => this.#wake(),
        },
      );
      this.#durables.set(key, durable);
    } else if (durable.settings.filters.join(' ') !== settings.filters.join(' ')) {
      throw new RangeError(
        `durable ${settings.durable} already consumes ${durable.settings.filters.join(' ')}`,
      );
    }
    // The caller says by its filters' type what the payload is; the bus has no other knowledge of it.
    const worker = durable.attach(handler as Handler<unknown>);
    const kept = durable;
    await this.#nextTurn();
    return this.#keep(async () => {
      await kept.detach(worker);
      await this.#nextTurn();
      if (kept.workers > 0 || this.#durables.get(key) !== kept) return;
      kept.close();
      this.#durables.delete(key);
    });
  }

  async subscribe<T>(
    options: Parameters<Bus['subscribe']>[0],
    onMessage: (message: Message<T>) => void,
  ): Promise<Consumer> {
    this.#checkOpen('subscribing');
    const stream = streamOfFilters(options.filters);
    const guarded = (message: Message<unknown>) => {
      try {
        onMessage(message as Message<T>); // typed by the filters, as in `consume`
      } catch (err) {
        this.#log.error({ err, subject: message.subject }, 'a subscriber threw; it must not');
      }
    };
    const tail = new Tail(stream, this.#logOf(stream), {
      filters: options.filters,
      from: options.from,
      onMessage: guarded,
    });
    this.#tails.add(tail);
    this.#wake();
    return this.#keep(async () => void this.#tails.delete(tail));
  }

  async lastSeq(stream: StreamName): Promise<number> {
    this.#checkOpen(`reading the state of ${stream}`);
    return this.#logOf(stream).last();
  }

  async request<Q, A>(
    subject: string,
    question: Q,
    options: { readonly timeoutMs?: number } = {},
  ): Promise<A> {
    this.#checkOpen(`asking ${subject}`);
    const answer = await this.#requests.ask(subject, encode(subject, question), options.timeoutMs ?? 5_000);
    return JSON.parse(answer) as A; // typed by the subject
  }

  async answer<Q, A>(
    subject: string,
    group: string,
    handler: (question: Q) => Promise<A> | A,
  ): Promise<Consumer> {
    this.#checkOpen(`answering ${subject}`);
    checkSubject(subject);
    checkName('group', group);
    const answering = this.#requests.answer(subject, group, async (question) => {
      try {
        return encode(subject, await handler(JSON.parse(question) as Q)); // typed by the subject
      } catch (error) {
        throw new NoAnswer(messageOf(error), { cause: error });
      }
    });
    return this.#keep(() => answering.stop());
  }

  async kv(bucket: Parameters<Bus['kv']>[0]) {
    this.#checkOpen(`opening bucket ${bucket}`);
    checkBucket(bucket);
    return this.#kv.bucket(bucket);
  }

  health() {
    return { connected: !this.#closing, description: 'embedded', outbox: 0 };
  }

  trim(): number {
    if (this.#closing || this.#inTurn) return 0;
    const trimmed = trimLogs({
      db: this.#db,
      logs: this.#logs,
      durables: [...this.#durables.values()],
      retention: this.#retention,
      at: this.#now(),
      log: this.#log,
    });
    if (trimmed.more) setImmediate(() => this.trim());
    return trimmed.deleted;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#trimTimer);
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop()));
    await this.#nextTurn();
    this.#closing = true;
    clearTimeout(this.#retryTimer);
    const error = new BusUnavailable('the bus is closed');
    for (const publish of this.#queue.splice(0)) publish.reject(error);
    this.#kv.rejectAll(error);
    this.#db.close();
  }

  #keep(stop: () => Promise<void>): Consumer {
    let stopped: Promise<void> | undefined;
    const consumer: Consumer = {
      stop: () => {
        stopped ??= stop().finally(() => this.#consumers.delete(consumer));
        return stopped;
      },
    };
    this.#consumers.add(consumer);
    return consumer;
  }

  #logOf(stream: StreamName): StreamLog {
    const log = this.#logs.get(stream);
    if (log === undefined) throw new RangeError(`stream ${stream} does not exist`);
    return log;
  }

  #checkOpen(doing: string): void {
    if (this.#closing) throw new BusUnavailable(`${doing}: the bus is closed`);
  }

  #nextTurn(): Promise<void> {
    return new Promise((resolve) => {
      this.#afterTurn.push(resolve);
      this.#wake();
    });
  }

  #wake(): void {
    if (this.#armed || this.#closing || this.#retryTimer !== undefined) return;
    this.#armed = true;
    setImmediate(() => {
      this.#armed = false;
      if (!this.#inTurn) this.#turn();
    });
  }

  /** Writes all that is waiting as one transaction, then tells everybody. */
  #turn(): void {
    if (this.#closing) return;
    this.#inTurn = true;
    for (const durable of this.#durables.values()) durable.prepare();
    const publishes = this.#queue;
    this.#queue = [];
    this.#queueBytes = 0;
    const dirty = [...this.#durables.values()].filter(
      (durable) => durable.isDirty() || durable.givenUp.length > 0,
    );
    const after = this.#afterTurn;
    this.#afterTurn = [];
    const fresh = new Map<StreamName, Stored[]>();
    try {
      if (publishes.length > 0 || dirty.length > 0 || this.#kv.pending)
        this.#transaction(publishes, dirty, fresh);
      for (const [stream, rows] of fresh) {
        for (const durable of this.#durables.values())
          if (durable.settings.stream === stream) durable.feed(rows);
        for (const tail of this.#tails) if (tail.stream === stream) tail.feed(rows);
      }
      for (const tail of this.#tails) tail.catchUp();
    } finally {
      this.#inTurn = false;
    }
    for (const done of after) done();
    if (this.#hasWork()) this.#wake();
  }

  #transaction(
    publishes: readonly Publish[],
    dirty: readonly Durable[],
    fresh: Map<StreamName, Stored[]>,
  ): void {
    const published: Published[] = [];
    let settleKv: ((error?: Error) => void) | undefined;
    try {
      this.#db.exec('BEGIN');
      const at = this.#now();
      for (const { stream, subject, data, id } of publishes) {
        published.push(this.#append(stream, { subject, data, id, at }, fresh));
      }
      settleKv = this.#kv.write();
      for (const durable of dirty) {
        durable.write();
        for (const given of durable.givenUp) this.#bury(given, fresh);
      }
      this.#db.exec('COMMIT');
    } catch (cause) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      for (const log of this.#logs.values()) log.reload();
      fresh.clear();
      const error = new BusUnavailable(`writing the log: ${messageOf(cause)}`, { cause });
      for (const publish of publishes) publish.reject(error);
      settleKv?.(error);
      this.#log.error({ err: error }, 'the log could not be written, will retry');
      // Positions and attempts stay with their durables and are written again.
      this.#retryTimer ??= setTimeout(() => {
        this.#retryTimer = undefined;
        this.#wake();
      }, RETRY_COMMIT_MS);
      return;
    }
    publishes.forEach((publish, i) => {
      const answer = published[i];
      if (answer !== undefined) publish.resolve(answer);
    });
    settleKv();
    for (const durable of dirty) {
      durable.givenUp.length = 0;
      durable.committed();
    }
  }

  #append(
    stream: StreamName,
    message: { subject: string; data: string; id: string | undefined; at: number },
    fresh: Map<StreamName, Stored[]>,
  ): Published {
    const published = this.#logOf(stream).append(message.subject, message.data, message.id, message.at);
    if (published.duplicate) return published;
    const rows = fresh.get(stream);
    const row = { seq: published.seq, subject: message.subject, data: message.data };
    if (rows === undefined) fresh.set(stream, [row]);
    else rows.push(row);
    return published;
  }

  #bury(given: Durable['givenUp'][number], fresh: Map<StreamName, Stored[]>): void {
    this.#log.warn(
      { durable: given.durable, subject: given.subject, seq: given.seq, reason: given.reason },
      'message given up',
    );
    // A consumer of dead letters that cannot handle one would feed itself for ever. The letter is in the stream already.
    if (given.stream === 'DEADLETTER') return;
    const { subject, id, letter } = deadLetterOf(given);
    this.#append('DEADLETTER', { subject, data: JSON.stringify(letter), id, at: given.at }, fresh);
  }

  #hasWork(): boolean {
    if (this.#queue.length > 0 || this.#kv.pending || this.#afterTurn.length > 0) return true;
    for (const durable of this.#durables.values()) {
      if (durable.wantsTurn() || durable.isDirty() || durable.givenUp.length > 0) return true;
    }
    for (const tail of this.#tails) if (tail.isBehind()) return true;
    return false;
  }
}
