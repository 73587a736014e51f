import type { BucketName, Filter, RequestSubject, StreamName, Subject } from '@proxmox-mcp/schemas';
import type { InvalidMessage } from './shared/limits.ts';

/** What publishing answers once the bus has stored the message. */
export interface Published {
  /** Sequence in its stream, 1-based, increasing; 0 for a message that waits in the outbox, whose sequence is not known yet. */
  readonly seq: number;
  /** `true` when a message with the same id was stored before: nothing was added. */
  readonly duplicate: boolean;
}

/** One of several messages to publish. */
export interface Outgoing<T = unknown> {
  readonly subject: Subject<T>;
  readonly data: T;
  /** De-duplication id: the same id within two minutes at least is stored once. */
  readonly id?: string;
}

/** One message as a handler sees it. */
export interface Message<T> {
  readonly stream: StreamName;
  readonly subject: string;
  readonly seq: number;
  readonly data: T;
  /** 1 on the first delivery. */
  readonly deliveries: number;
}

/** Thrown by a handler: the message can never be handled; it goes to the dead letters at once. */
export class Reject extends Error {
  override readonly name = 'Reject';
  /** Small fixed word for the metric and the dead letter. */
  readonly reason: string;
  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Thrown by a handler: deliver again, not before `delayMs` has passed. Counts as a delivery. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly delayMs: number;
  constructor(delayMs: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.delayMs = delayMs;
  }
}

export interface ConsumeOptions<T> {
  /** Durable name = service name; replicas that use the same name share the messages. */
  readonly durable: string;
  /** All of one stream. */
  readonly filters: readonly Filter<T>[];
  /** A handler that takes longer is taken for hung and the message delivered again. Default 30 s. */
  readonly ackWaitMs?: number;
  /** Deliveries before the message goes to the dead letters. Default 5. */
  readonly maxDeliver?: number;
  /** Wait before the 2nd, 3rd… delivery; the last one repeats. Default 1 s, 5 s, 30 s. */
  readonly backoffMs?: readonly number[];
  /** Messages handled at one time. Default 64. `1` keeps the order. */
  readonly maxInFlight?: number;
  /** Where a durable that does not exist yet begins. Default `all`. */
  readonly startFrom?: 'all' | 'new';
}

/** Returning acknowledges; throwing redelivers with backoff; `Reject` and `RetryLater` say otherwise. */
export type Handler<T> = (message: Message<T>) => Promise<void> | void;

/** A running consumer or subscription. `stop` waits for the handlers under way. */
export interface Consumer {
  stop(): Promise<void>;
}

export interface SubscribeOptions<T> {
  /** All of one stream. */
  readonly filters: readonly Filter<T>[];
  /** `new`: from now on. A number: everything after that sequence, then live, without a gap. */
  readonly from: 'new' | number;
}

/** One entry of a key-value bucket. */
export interface KvEntry {
  readonly key: string;
  readonly value: string;
  /** Grows with every write of the bucket. */
  readonly revision: number;
}

/** A change seen by a watcher; `value` is `undefined` when the key was deleted. */
export interface KvChange {
  readonly key: string;
  readonly value: string | undefined;
  readonly revision: number;
}

/** Values are UTF-8 strings of at most 1 MB; keys are dot-joined tokens of `[-/_=A-Za-z0-9]`. */
export interface KeyValue {
  get(key: string): Promise<KvEntry | undefined>;
  /** @returns the new revision. */
  put(key: string, value: string): Promise<number>;
  /** Writes only if the key does not exist. @throws {WrongRevision} */
  create(key: string, value: string): Promise<number>;
  /** Writes only if the key's revision is still `revision`. @throws {WrongRevision} */
  update(key: string, value: string, revision: number): Promise<number>;
  delete(key: string): Promise<void>;
  /** Keys under a prefix of whole tokens; without one, all. */
  list(prefix?: string): Promise<KvEntry[]>;
  /**
   * Calls back with every present entry under the prefix, then with every change, in order of revision. Resolves when the
   * present entries have been given.
   */
  watch(prefix: string | undefined, onChange: (change: KvChange) => void): Promise<Consumer>;
}

/** Somebody else wrote the key first. Read it again and decide. */
export class WrongRevision extends Error {
  override readonly name = 'WrongRevision';
}

/** The bus cannot be reached now; trying again later can help. */
export class BusUnavailable extends Error {
  override readonly name = 'BusUnavailable';
  readonly retryable = true;
}

/** Nobody answered a request in time. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly retryable = true;
}

/** How well the bus is. */
export interface BusHealth {
  readonly connected: boolean;
  /** Driver and server version: `embedded`, `nats 2.15.1`. */
  readonly description: string;
  /** Messages waiting in the outbox of this process, 0 without one. */
  readonly outbox: number;
}

/**
 * The one way services meet. At least once: a handler may see a message twice. Two drivers, `nats` and `embedded`, pass the
 * same conformance suite (`@proxmox-mcp/bus/testing`).
 */
export interface Bus {
  /**
   * Stores a message. Resolves when it is stored (JetStream's or SQLite's acknowledgement; docs/operations.md says what that
   * means on power loss).
   *
   * @param options.id de-duplication id: the same id within two minutes at least is stored once.
   * @throws {BusUnavailable} not stored, try again; a bus with an outbox throws it only when that is full or closed.
   */
  publish<T>(subject: Subject<T>, data: T, options?: { readonly id?: string }): Promise<Published>;
  /**
   * Stores several in the order given, for less than one by one. Resolves when all are stored, with an answer for each; a message
   * that no bus can carry is answered by its error, and the others are stored.
   *
   * @throws {BusUnavailable} some may be stored and some not: try all again, with their ids.
   */
  publishAll(messages: readonly Outgoing[]): Promise<readonly (Published | InvalidMessage)[]>;
  consume<T>(options: ConsumeOptions<T>, handler: Handler<T>): Promise<Consumer>;
  /** Every message in order, to this process alone, without acknowledgement: for live tails. The handler must not throw. */
  subscribe<T>(options: SubscribeOptions<T>, onMessage: (message: Message<T>) => void): Promise<Consumer>;
  /** The last sequence stored in a stream, 0 when it is empty. */
  lastSeq(stream: StreamName): Promise<number>;
  /** @throws {NoAnswer} after `timeoutMs` (default 5 s), or at once when nobody listens. */
  request<Q, A>(
    subject: RequestSubject<Q, A>,
    question: Q,
    options?: { readonly timeoutMs?: number },
  ): Promise<A>;
  /** Answers requests; replicas with the same `group` divide them. An error thrown is sent to the asker as `NoAnswer`'s message. */
  answer<Q, A>(
    subject: RequestSubject<Q, A>,
    group: string,
    handler: (question: Q) => Promise<A> | A,
  ): Promise<Consumer>;
  kv(bucket: BucketName): Promise<KeyValue>;
  health(): BusHealth;
  /** Stops consumers, flushes what was accepted, closes. Safe twice. */
  close(): Promise<void>;
}
