import {
  createInbox,
  headers,
  type Msg,
  type NatsConnection,
  type Subscription,
} from '@nats-io/transport-node';
import { BusUnavailable, type Published } from '../bus.ts';
import { messageOf } from '../shared/message-of.ts';

const BATCH = 64;
const BATCH_WAIT_MS = 3;
const WINDOW = 1_024;
const MAX_WAITING = 20_000;
const MAX_WAITING_BYTES = 64_000_000;
const RESEND_AFTER_MS = 3_000;
const PAUSE_MS = 250;
const SWEEP_MS = 250;

export interface PublishItem {
  readonly subject: string;
  readonly data: string;
  /** Makes a resend harmless. */
  readonly id: string;
}

interface Pending extends PublishItem {
  readonly n: number;
  readonly deadline: number;
  sentAt: number;
  readonly resolve: (published: Published) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Publishes with many acknowledgements under way: one inbox for all of them instead of a subscription, a promise chain and a
 * timer per message. What comes while others are under way is sent 64 at a time, or after 3 ms, since every write to the
 * socket costs.
 */
export class Publisher {
  readonly #nc: NatsConnection;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #giveUpMs: number;
  readonly #spill: boolean;
  readonly #underWay = new Map<number, Pending>();
  #waiting: Pending[] = [];
  #waitingBytes = 0;
  #connected = true;
  #pausedUntil = 0;
  #next = 1;
  #batchTimer: NodeJS.Timeout | undefined;
  #sweepTimer: NodeJS.Timeout | undefined;
  #onIdle: (() => void)[] = [];
  #closed = false;

  /**
   * @param options.giveUpMs longest wait for an acknowledgement.
   * @param options.spill on a lost connection or a wait too long reject everything at once, in order, for an outbox to take.
   */
  constructor(nc: NatsConnection, options: { readonly giveUpMs: number; readonly spill: boolean }) {
    this.#nc = nc;
    this.#giveUpMs = options.giveUpMs;
    this.#spill = options.spill;
    this.#inbox = createInbox();
    this.#subscription = nc.subscribe(`${this.#inbox}.*`, {
      callback: (error, msg) => this.#onAck(error, msg),
    });
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Waiting and under way. */
  get size(): number {
    return this.#waiting.length + this.#underWay.size;
  }

  /** @throws {BusUnavailable} not acknowledged in time, or too many are waiting. */
  publish(item: PublishItem): Promise<Published> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new BusUnavailable(`publishing to ${item.subject}: the bus is closed`);
      if (this.#waiting.length >= MAX_WAITING || this.#waitingBytes >= MAX_WAITING_BYTES) {
        throw new BusUnavailable(
          `publishing to ${item.subject}: ${this.#waiting.length} messages wait for NATS already`,
        );
      }
      const deadline = performance.now() + this.#giveUpMs;
      this.#waiting.push({ ...item, n: this.#next++, deadline, sentAt: 0, resolve, reject });
      this.#waitingBytes += item.data.length;
      this.#sweepTimer ??= setInterval(() => this.#sweep(), SWEEP_MS);
      if (this.#underWay.size === 0 || this.#waiting.length >= BATCH) this.#send();
      else this.#batchTimer ??= setTimeout(() => this.#send(), BATCH_WAIT_MS);
    });
  }

  disconnected(): void {
    this.#connected = false;
    if (this.#spill) this.#rejectAll(new BusUnavailable('the connection to NATS is lost'));
    else this.#takeBack();
  }

  reconnected(): void {
    this.#connected = true;
    this.#takeBack();
    this.#send();
  }

  /** Resolves when nothing is waiting or under way. */
  idle(): Promise<void> {
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  close(): void {
    this.#closed = true;
    this.#rejectAll(new BusUnavailable('the bus is closed'));
    clearInterval(this.#sweepTimer);
    clearTimeout(this.#batchTimer);
    if (!this.#nc.isClosed()) this.#subscription.unsubscribe();
  }

  #send(): void {
    clearTimeout(this.#batchTimer);
    this.#batchTimer = undefined;
    if (!this.#connected || this.#closed || performance.now() < this.#pausedUntil) return;
    const room = WINDOW - this.#underWay.size;
    if (room <= 0 || this.#waiting.length === 0) return;
    const batch = this.#waiting.splice(0, room);
    const now = performance.now();
    for (const pending of batch) {
      this.#waitingBytes -= pending.data.length;
      pending.sentAt = now;
      this.#underWay.set(pending.n, pending);
      const head = headers();
      head.set('Nats-Msg-Id', pending.id);
      this.#nc.publish(pending.subject, pending.data, {
        reply: `${this.#inbox}.${pending.n}`,
        headers: head,
      });
    }
  }

  #onAck(error: Error | null, msg: Msg): void {
    if (error !== null) return; // a permission error: the sweep gives up on what it concerns
    const n = Number(msg.subject.slice(this.#inbox.length + 1));
    const pending = this.#underWay.get(n);
    if (pending === undefined) return;
    if (msg.data.length === 0) {
      // No responders: the stream has no leader yet, as after a restart of the server. Wait a little, keep the order.
      this.#pause();
      return;
    }
    this.#underWay.delete(n);
    const ack = parseAck(msg);
    if ('seq' in ack) pending.resolve(ack);
    else pending.reject(new BusUnavailable(`publishing to ${pending.subject}: ${ack.error}`));
    if (this.size === 0) for (const idle of this.#onIdle.splice(0)) idle();
    if (this.#waiting.length > 0 && (this.#underWay.size === 0 || this.#waiting.length >= BATCH))
      this.#send();
  }

  #pause(): void {
    if (performance.now() >= this.#pausedUntil) {
      this.#pausedUntil = performance.now() + PAUSE_MS;
      setTimeout(() => this.#send(), PAUSE_MS + 1).unref();
    }
    this.#takeBack();
  }

  /** What was sent and not acknowledged waits again, first. */
  #takeBack(): void {
    const back = [...this.#underWay.values()];
    this.#underWay.clear();
    for (const pending of back) this.#waitingBytes += pending.data.length;
    this.#waiting = [...back, ...this.#waiting].sort((a, b) => a.n - b.n);
  }

  #sweep(): void {
    if (this.size === 0) {
      clearInterval(this.#sweepTimer);
      this.#sweepTimer = undefined;
      return;
    }
    const now = performance.now();
    const all = [...this.#underWay.values(), ...this.#waiting];
    const late = all.filter((pending) => pending.deadline <= now);
    if (late.length > 0) {
      const error = new BusUnavailable(`NATS did not acknowledge within ${this.#giveUpMs} ms`);
      if (this.#spill) this.#rejectAll(error);
      else for (const pending of late) this.#drop(pending, error);
      return;
    }
    for (const pending of this.#underWay.values()) {
      if (now - pending.sentAt < RESEND_AFTER_MS) break;
      this.#takeBack();
      this.#send();
      break;
    }
  }

  #drop(pending: Pending, error: Error): void {
    if (!this.#underWay.delete(pending.n)) {
      this.#waiting = this.#waiting.filter((other) => other !== pending);
      this.#waitingBytes -= pending.data.length;
    }
    pending.reject(error);
  }

  #rejectAll(error: Error): void {
    this.#takeBack();
    const all = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const pending of all) pending.reject(error);
    for (const idle of this.#onIdle.splice(0)) idle();
  }
}

function parseAck(msg: Msg): Published | { readonly error: string } {
  try {
    const ack = msg.json<{ seq?: number; duplicate?: boolean; error?: { description?: string } }>();
    if (typeof ack.seq === 'number') return { seq: ack.seq, duplicate: ack.duplicate === true };
    return { error: ack.error?.description ?? 'an acknowledgement without a sequence' };
  } catch (error) {
    return { error: messageOf(error) };
  }
}
