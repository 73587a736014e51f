import { randomUUID } from 'node:crypto';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { BucketName, StreamName } from '@proxmox-mcp/schemas';
import {
  type Bus,
  type BusHealth,
  BusUnavailable,
  type Consumer,
  type Handler,
  type Message,
  NoAnswer,
  type Outgoing,
  type Published,
} from '../bus.ts';
import { claimOutbox } from '../outbox/claim-outbox.ts';
import { OutboxSender } from '../outbox/send-outbox.ts';
import { consumeSettings } from '../shared/consume-settings.ts';
import { deadLetterOf, type GivenUp } from '../shared/dead-letter.ts';
import {
  checkBucket,
  checkName,
  checkSubject,
  encode,
  InvalidMessage,
  streamOf,
  streamOfFilters,
} from '../shared/limits.ts';
import { type BusLog, silent } from '../shared/log.ts';
import { messageOf } from '../shared/message-of.ts';
import type { Synchronous } from '../shared/open-database.ts';
import { DEFAULT_RETENTION } from '../shared/retention.ts';
import { buryUnanswered } from './burial.ts';
import { connectOnce, connectPatiently, type ConnectSettings } from './connect-nats.ts';
import { consumeDurable, type DurableHost } from './durable-consumer.ts';
import { type NatsBucket, openNatsKv } from './nats-kv.ts';
import { NatsRefused } from './nats-refused.ts';
import { answerNats, askNats } from './nats-requests.ts';
import { followInOrder } from './ordered-tail.ts';
import { untilReached, withinSeconds } from './patience.ts';
import { Publisher } from './publisher.ts';
import { reaching } from './reaching.ts';
import { ensureStreams } from './topology.ts';

const SLOW_MS = 2_000;
const UPKEEP_MS = 3_600_000;

export interface NatsBusOptions {
  /** `nats://host:4222`, several joined by commas; may carry `user:password@`. */
  readonly servers: string;
  readonly credsFile?: string;
  /** Shown in the server's list of connections. */
  readonly name: string;
  /** Copies in a cluster: 1 (default), 3 or 5. */
  readonly replicas?: number;
  /** Older messages go, read or not. Default 7 days. */
  readonly maxAgeMs?: number;
  /** Bytes of all streams together; of each the oldest go, read or not. Default 1 GB. */
  readonly maxBytes?: number;
  /** Longest wait for an acknowledgement without an outbox. Default 10 s. */
  readonly publishTimeoutMs?: number;
  /**
   * With it, messages go to this file while NATS is away, and in order to NATS when it is back. When another process has it
   * open, `<file>.2` is taken, and so on.
   */
  readonly outboxFile?: string;
  /** Above this the outbox takes nothing more. Default 1 GB. */
  readonly outboxMaxBytes?: number;
  readonly outboxSynchronous?: Synchronous;
  readonly log?: BusLog;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Ends waiting for the first connection. */
  readonly signal?: AbortSignal;
}

/** What there is once NATS is reached. */
interface Link {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly publisher: Publisher;
}

/**
 * Opens the bus on NATS JetStream. Without an outbox it waits until the server is there; with one it returns at once and
 * takes messages, while everything else waits for the server.
 *
 * @throws {NatsRefused} the server is older than 2.10, has no JetStream, or does not let us in.
 * @throws {BusUnavailable} another process has the outbox open.
 */
export async function createNatsBus(options: NatsBusOptions): Promise<Bus> {
  const bus = new NatsBus(options);
  try {
    await bus.start();
  } catch (error) {
    await bus.close();
    throw error;
  }
  return bus;
}

class NatsBus implements Bus {
  readonly #options: NatsBusOptions;
  readonly #log: BusLog;
  readonly #now: () => number;
  readonly #aborted = new AbortController();
  readonly #linked = Promise.withResolvers<Link>();
  readonly #buckets = new Map<BucketName, Promise<NatsBucket>>();
  readonly #consumers = new Set<Consumer>();
  #outbox: OutboxSender | undefined;
  #link: Link | undefined;
  #upkeep: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: NatsBusOptions) {
    this.#options = options;
    this.#log = options.log ?? silent;
    this.#now = options.now ?? Date.now;
    // Those who wait for it hear of a failure; nobody may be waiting.
    this.#linked.promise.catch(() => {});
  }

  async start(): Promise<void> {
    const { signal, outboxFile } = this.#options;
    if (outboxFile !== undefined) {
      const outbox = await claimOutbox({
        file: outboxFile,
        synchronous: this.#options.outboxSynchronous ?? 'NORMAL',
        maxBytes: this.#options.outboxMaxBytes ?? 1_000_000_000,
      });
      this.#outbox = new OutboxSender(outbox, this.#log);
    }
    const signals = signal === undefined ? [this.#aborted.signal] : [this.#aborted.signal, signal];
    const either = AbortSignal.any(signals);
    const settings: ConnectSettings = {
      servers: this.#options.servers,
      ...(this.#options.credsFile === undefined ? {} : { credsFile: this.#options.credsFile }),
      name: this.#options.name,
      log: this.#log,
    };
    if (this.#outbox === undefined) {
      await this.#join(await connectPatiently(settings, either));
      return;
    }
    try {
      await this.#join(await connectOnce(settings));
    } catch (error) {
      if (error instanceof NatsRefused) throw error;
      this.#log.warn({ reason: messageOf(error) }, 'NATS not reached, events go to the outbox meanwhile');
      connectPatiently(settings, either)
        .then((nc) => this.#join(nc))
        .catch((err: unknown) => {
          this.#linked.reject(err);
          if (!either.aborted) this.#log.error({ err }, 'NATS refuses us; events stay in the outbox');
        });
    }
  }

  async publish<T>(subject: string, data: T, options: { readonly id?: string } = {}): Promise<Published> {
    checkSubject(subject);
    streamOf(subject);
    const item = { subject, data: encode(subject, data), id: options.id ?? randomUUID() };
    if (this.#closed !== undefined) throw new BusUnavailable(`publishing to ${subject}: the bus is closed`);
    const published =
      this.#outbox === undefined
        ? await (await this.#reach()).publisher.publish(item)
        : await this.#outbox.publish(item);
    // Without an id of the caller's, a duplicate is our own resend.
    return options.id === undefined ? { seq: published.seq, duplicate: false } : published;
  }

  async publishAll(messages: readonly Outgoing[]): Promise<readonly (Published | InvalidMessage)[]> {
    return await Promise.all(
      messages.map(async ({ subject, data, id }) => {
        try {
          return await this.publish(subject, data, id === undefined ? {} : { id });
        } catch (error) {
          if (error instanceof InvalidMessage) return error;
          throw error;
        }
      }),
    );
  }

  async consume<T>(options: Parameters<Bus['consume']>[0], handler: Handler<T>): Promise<Consumer> {
    const settings = consumeSettings(options);
    const link = await this.#reach();
    return await reaching(`consuming as ${settings.durable}`, async () =>
      // The caller says by its filters' type what the payload is; the bus has no other knowledge of it.
      this.#keep(await consumeDurable(this.#host(link), settings, handler as Handler<unknown>)),
    );
  }

  async subscribe<T>(
    options: Parameters<Bus['subscribe']>[0],
    onMessage: (message: Message<T>) => void,
  ): Promise<Consumer> {
    const stream = streamOfFilters(options.filters);
    const { js } = await this.#reach();
    const last = await this.lastSeq(stream);
    return await reaching(`subscribing to ${stream}`, async () => {
      const tail = await followInOrder(js, {
        stream,
        filters: options.filters,
        from: options.from === 'new' ? last : Math.min(options.from, last),
        log: this.#log,
        onMessage: (msg) => {
          const { subject, seq } = msg;
          try {
            onMessage({ stream, subject, seq, data: msg.json<T>(), deliveries: 1 });
          } catch (err) {
            this.#log.error({ err, subject }, 'a subscriber threw; it must not');
          }
        },
      });
      return this.#keep(tail);
    });
  }

  async lastSeq(stream: StreamName): Promise<number> {
    const { jsm } = await this.#reach();
    const info = await reaching(`reading the state of ${stream}`, () => jsm.streams.info(stream));
    return info.state.last_seq;
  }

  async request<Q, A>(
    subject: string,
    question: Q,
    options: { readonly timeoutMs?: number } = {},
  ): Promise<A> {
    const text = encode(subject, question);
    if (this.#link?.publisher.connected !== true)
      throw new NoAnswer(`asking ${subject}: NATS is not reached`);
    return JSON.parse(await askNats(this.#link.nc, subject, text, options.timeoutMs ?? 5_000)) as A; // typed by the subject
  }

  async answer<Q, A>(
    subject: string,
    group: string,
    handler: (question: Q) => Promise<A> | A,
  ): Promise<Consumer> {
    checkSubject(subject);
    checkName('group', group);
    const { nc } = await this.#reach();
    const answering = answerNats(
      nc,
      { subject, group },
      async (question) => encode(subject, await handler(JSON.parse(question) as Q)), // typed by the subject
    );
    // The server knows of the subscription once it has answered this.
    await reaching(`answering ${subject}`, () => nc.flush());
    return this.#keep(answering);
  }

  async kv(bucket: BucketName) {
    checkBucket(bucket);
    const { js, jsm } = await this.#reach();
    let opened = this.#buckets.get(bucket);
    if (opened === undefined) {
      opened = reaching(`opening bucket ${bucket}`, () =>
        openNatsKv(js, { jsm, bucket, replicas: this.#options.replicas ?? 1, log: this.#log }),
      );
      this.#buckets.set(bucket, opened);
      opened.catch(() => this.#buckets.delete(bucket));
    }
    const { kv } = await opened;
    return {
      ...kv,
      watch: async (...args: Parameters<typeof kv.watch>) => this.#keep(await kv.watch(...args)),
    };
  }

  health(): BusHealth {
    const version = this.#link?.nc.info?.version;
    return {
      connected: this.#closed === undefined && this.#link?.publisher.connected === true,
      description: version === undefined ? 'nats' : `nats ${version}`,
      outbox: this.#outbox?.size ?? 0,
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#aborted.abort(new BusUnavailable('the bus is closed'));
    this.#linked.reject(new BusUnavailable('the bus is closed'));
    clearInterval(this.#upkeep);
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop()));
    const link = this.#link;
    if (link !== undefined) {
      // Acknowledgements and answers are on their way; a server that is away gets none.
      if (link.publisher.connected) {
        await withinSeconds(Promise.all([link.publisher.idle(), link.nc.flush()]), 2);
      }
      link.publisher.close();
    }
    await this.#outbox?.close();
    await link?.nc.close();
  }

  #reach(): Promise<Link> {
    if (this.#closed !== undefined) return Promise.reject(new BusUnavailable('the bus is closed'));
    return this.#link === undefined ? this.#linked.promise : Promise.resolve(this.#link);
  }

  /** Takes a new connection into use. */
  async #join(nc: NatsConnection): Promise<void> {
    try {
      // JetStream may need some seconds after the server's start.
      const jsm = await jetstreamManager(nc, { checkAPI: false });
      await untilReached(() => ensureStreams(jsm, this.#topology()), this.#aborted.signal);
      const publisher = new Publisher(nc, {
        giveUpMs: this.#outbox === undefined ? (this.#options.publishTimeoutMs ?? 10_000) : SLOW_MS,
        spill: this.#outbox !== undefined,
      });
      const link: Link = { nc, js: jetstream(nc), jsm, publisher };
      void this.#follow(link);
      this.#link = link;
      this.#outbox?.setOutlet(publisher);
      this.#keep(await buryUnanswered(this.#host(link)));
      this.#upkeep = setInterval(() => void this.#forgetDeleted(), UPKEEP_MS);
      this.#upkeep.unref();
      this.#linked.resolve(link);
      this.#log.info({ version: nc.info?.version }, 'connected to NATS');
    } catch (error) {
      await nc.close();
      throw error;
    }
  }

  async #follow(link: Link): Promise<void> {
    for await (const status of link.nc.status()) {
      if (status.type === 'disconnect') {
        link.publisher.disconnected();
        if (this.#closed === undefined) this.#log.warn({}, 'connection to NATS lost, will reconnect');
      } else if (status.type === 'reconnect') {
        link.publisher.reconnected();
        this.#outbox?.wake();
        this.#log.info({}, 'connected to NATS again');
      }
    }
  }

  #topology() {
    return {
      replicas: this.#options.replicas ?? 1,
      maxAgeMs: this.#options.maxAgeMs ?? DEFAULT_RETENTION.maxAgeMs,
      maxBytes: this.#options.maxBytes ?? DEFAULT_RETENTION.maxBytes,
    };
  }

  #host(link: Link): DurableHost {
    return { js: link.js, jsm: link.jsm, log: this.#log, now: this.#now, bury: (given) => this.#bury(given) };
  }

  async #bury(given: GivenUp): Promise<void> {
    const { durable, subject, seq, reason } = given;
    this.#log.warn({ durable, subject, seq, reason }, 'message given up');
    // A consumer of dead letters that cannot handle one would feed itself for ever. The letter is in the stream already.
    if (given.stream === 'DEADLETTER') return;
    const { subject: to, id, letter } = deadLetterOf(given);
    await this.publish(to, letter, { id });
  }

  async #forgetDeleted(): Promise<void> {
    for (const [bucket, opened] of this.#buckets) {
      try {
        await (await opened).forgetDeleted(UPKEEP_MS);
      } catch (error) {
        this.#log.warn(
          { bucket, reason: messageOf(error) },
          'marks of deleted keys not removed, will retry in an hour',
        );
      }
    }
  }

  #keep(running: Consumer): Consumer {
    let stopped: Promise<void> | undefined;
    const consumer: Consumer = {
      stop: () => {
        stopped ??= running.stop().finally(() => this.#consumers.delete(consumer));
        return stopped;
      },
    };
    this.#consumers.add(consumer);
    return consumer;
  }
}
