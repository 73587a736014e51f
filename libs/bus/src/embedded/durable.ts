import type { Handler } from '../bus.ts';
import { type ConsumeSettings, type Verdict, verdictOf } from '../shared/consume-settings.ts';
import type { GivenUp } from '../shared/dead-letter.ts';
import { subjectFilter } from '../shared/subject-filter.ts';
import type { Delivery, Worker } from './delivery.ts';
import type { Attempt, DurableTable } from './durable-table.ts';
import type { Stored, StreamLog } from './log.ts';

// A stuck message holds the floor while others pass it: so many may pass before the durable waits for it.
const MAX_DONE_ABOVE_FLOOR = 10_000;
const MAX_BUFFERED = 256;
const MAX_DELAY_MS = 86_400_000;

/** What a durable needs of the bus around it. */
export interface DurableHost {
  readonly now: () => number;
  /** Asks for a turn: something can be written or dispatched. */
  wake(): void;
}

/**
 * One durable consumer while somebody consumes it. Its changes collect in memory; the bus writes them with `write` in the
 * transaction of its turn and calls `committed` after it, or nothing when it was rolled back: then the next turn writes
 * them again. A handler runs only after its attempt is committed, so that a message which kills the process is counted.
 */
export class Durable {
  readonly settings: ConsumeSettings;
  /** Given up, not yet written as dead letters. */
  readonly givenUp: GivenUp[] = [];
  readonly #log: StreamLog;
  readonly #table: DurableTable;
  readonly #host: DurableHost;
  readonly #wanted: (subject: string) => boolean;
  readonly #workers: Worker[] = [];
  #nextWorker = 0;
  /** Everything up to here was looked at: it is in the buffer, outstanding, or finished. */
  #cursor: number;
  #dispatched: number;
  #buffer: Stored[] = [];
  /** By sequence, ascending: inserted in order, and a retry keeps its place. Its first key is the floor's limit. */
  readonly #outstanding = new Map<number, Delivery>();
  #running = 0;
  #ready: Delivery[] = [];
  /** Under way when the process died: one of them may be what killed it, so they run alone, one by one. */
  readonly #suspects: Delivery[] = [];
  #starting: Delivery[] = [];
  readonly #doneAboveFloor = new Set<number>();
  #storedDone: number;
  #completed: number[] = [];
  #attemptWrites: (Attempt | number)[] = [];
  #saved: { floor: number; dispatched: number } | undefined;

  constructor(settings: ConsumeSettings, log: StreamLog, table: DurableTable, host: DurableHost) {
    this.settings = settings;
    this.#log = log;
    this.#table = table;
    this.#host = host;
    this.#wanted = subjectFilter(settings.filters);
    this.#saved = table.load();
    const position = this.#saved ?? { floor: settings.startFrom === 'new' ? log.last() : 0, dispatched: 0 };
    this.#cursor = Math.max(position.floor, position.dispatched);
    this.#dispatched = position.dispatched;
    this.#storedDone = 0;
    this.#recover(position.floor);
  }

  get workers(): number {
    return this.#workers.length;
  }

  attach(handler: Handler<unknown>): Worker {
    const worker: Worker = { handler, running: 0, onIdle: undefined };
    this.#workers.push(worker);
    return worker;
  }

  /** Gives the worker nothing more; resolves when its handlers are through or past the ack wait. */
  async detach(worker: Worker): Promise<void> {
    const index = this.#workers.indexOf(worker);
    if (index !== -1) this.#workers.splice(index, 1);
    if (worker.running > 0) await new Promise<void>((resolve) => (worker.onIdle = resolve));
  }

  /** Marks it as in use, inside the caller's transaction: retention waits for it. */
  touch(): void {
    this.#table.touch(this.#host.now());
  }

  /** Drops timers. The durable is not used afterwards. */
  close(): void {
    for (const delivery of this.#outstanding.values()) clearTimeout(delivery.timer);
  }

  /** Takes rows just committed, when it stands right before them; else it will page them later. */
  feed(rows: readonly Stored[]): void {
    const first = rows[0];
    if (first === undefined || first.seq !== this.#cursor + 1 || this.#buffer.length >= MAX_BUFFERED) return;
    for (const row of rows) {
      if (this.#wanted(row.subject)) this.#buffer.push(row);
      this.#cursor = row.seq;
    }
  }

  /** Reads ahead and picks what to deliver in this turn. */
  prepare(): void {
    if (this.#workers.length === 0) return;
    if (this.#buffer.length === 0 && this.#cursor < this.#log.last()) {
      const page = this.#log.page(this.#cursor, this.#wanted);
      this.#buffer = page.rows;
      this.#cursor = page.through;
    }
    if (this.#suspects.length > 0) {
      const suspect = this.#running === 0 ? this.#suspects.shift() : undefined;
      if (suspect !== undefined) this.#begin(suspect);
      return;
    }
    const most = this.settings.maxInFlight;
    while (this.#running < most) {
      const delivery = this.#ready.shift();
      if (delivery === undefined) break;
      this.#begin(delivery);
    }
    let taken = 0;
    while (this.#mayTakeNew()) {
      const message = this.#buffer[taken];
      if (message === undefined) break;
      taken += 1;
      const delivery: Delivery = { message, deliveries: 0, hasRow: false, attempt: 0, timer: undefined };
      this.#outstanding.set(message.seq, delivery);
      this.#dispatched = message.seq;
      this.#begin(delivery);
    }
    if (taken > 0) this.#buffer.splice(0, taken);
  }

  /** More can be done at once in the next turn. */
  wantsTurn(): boolean {
    if (this.#workers.length === 0) return false;
    if (this.#suspects.length > 0) return this.#running === 0;
    if (this.#ready.length > 0 && this.#running < this.settings.maxInFlight) return true;
    if (this.#buffer.length === 0) return this.#cursor < this.#log.last();
    return this.#mayTakeNew();
  }

  /** `write` has something to write. */
  isDirty(): boolean {
    return (
      this.#saved === undefined ||
      this.#completed.length > 0 ||
      this.#attemptWrites.length > 0 ||
      this.#starting.length > 0 ||
      this.#floor() - this.#saved.floor > 1_000
    );
  }

  write(): void {
    const floor = this.#floor();
    for (const write of this.#attemptWrites) {
      if (typeof write === 'number') this.#table.dropAttempt(write);
      else this.#table.setAttempt(write);
    }
    for (const seq of this.#completed) if (seq > floor) this.#table.addDone(seq);
    if (this.#storedDone > 0 && floor > (this.#saved?.floor ?? 0)) this.#table.dropDone(floor);
    this.#table.save({ floor, dispatched: this.#dispatched }, this.#host.now());
  }

  /** What `write` wrote is durable: forgets it and starts the handlers whose attempts are counted now. */
  committed(): void {
    const floor = this.#floor();
    for (const seq of this.#completed) if (seq > floor) this.#doneAboveFloor.add(seq);
    if (floor > (this.#saved?.floor ?? 0)) {
      for (const seq of this.#doneAboveFloor) if (seq <= floor) this.#doneAboveFloor.delete(seq);
    }
    this.#storedDone = this.#doneAboveFloor.size;
    this.#completed = [];
    this.#attemptWrites = [];
    this.#saved = { floor, dispatched: this.#dispatched };
    const starting = this.#starting;
    this.#starting = [];
    for (const delivery of starting) this.#run(delivery);
  }

  #mayTakeNew(): boolean {
    const most = this.settings.maxInFlight;
    return (
      this.#outstanding.size < most &&
      this.#running < most &&
      this.#doneAboveFloor.size < MAX_DONE_ABOVE_FLOOR
    );
  }

  #floor(): number {
    const oldest = this.#outstanding.keys().next();
    if (oldest.done !== true) return oldest.value - 1;
    const waiting = this.#buffer[0];
    return waiting === undefined ? this.#cursor : waiting.seq - 1;
  }

  #begin(delivery: Delivery): void {
    delivery.deliveries += 1;
    this.#running += 1;
    // A first delivery needs no row: whatever is at or below `dispatched` and not done was begun once.
    if (delivery.deliveries > 1 || delivery.hasRow) this.#note(delivery, undefined);
    this.#starting.push(delivery);
  }

  #run(delivery: Delivery): void {
    const worker = this.#workers[this.#nextWorker++ % Math.max(1, this.#workers.length)];
    if (worker === undefined) {
      // Stopped between picking and committing: this delivery did not take place.
      this.#running -= 1;
      delivery.deliveries -= 1;
      this.#ready.push(delivery);
      this.#note(delivery, this.#host.now());
      return;
    }
    worker.running += 1;
    const attempt = ++delivery.attempt;
    const end = (verdict: Verdict) => {
      if (delivery.attempt !== attempt) return;
      delivery.attempt += 1;
      clearTimeout(delivery.timer);
      this.#running -= 1;
      this.#settle(delivery, verdict);
      worker.running -= 1;
      if (worker.running === 0) worker.onIdle?.();
    };
    const { settings } = this;
    const { message, deliveries } = delivery;
    try {
      const data: unknown = JSON.parse(message.data);
      const result = worker.handler({
        stream: settings.stream,
        subject: message.subject,
        seq: message.seq,
        data,
        deliveries,
      });
      // A handler typed to return nothing may well return something, as `() => list.push(x)` does.
      if (typeof result !== 'object' || typeof result.then !== 'function') {
        end({ kind: 'done' });
        return;
      }
      delivery.timer = setTimeout(() => {
        const error = new Error(`the handler did not end within ${settings.ackWaitMs} ms`);
        const verdict = verdictOf(settings, deliveries, error);
        end(verdict.kind === 'retry' ? { ...verdict, delayMs: 0 } : verdict);
      }, settings.ackWaitMs);
      result.then(
        () => end({ kind: 'done' }),
        (error: unknown) => end(verdictOf(settings, deliveries, error)),
      );
    } catch (error) {
      end(verdictOf(settings, deliveries, error));
    }
  }

  #settle(delivery: Delivery, verdict: Verdict): void {
    if (verdict.kind === 'retry') {
      this.#note(delivery, this.#host.now() + verdict.delayMs);
      this.#later(delivery, verdict.delayMs);
      return;
    }
    if (verdict.kind === 'dead') this.#giveUp(delivery, verdict.reason, verdict.why);
    this.#outstanding.delete(delivery.message.seq);
    this.#completed.push(delivery.message.seq);
    if (delivery.hasRow) this.#attemptWrites.push(delivery.message.seq);
    this.#host.wake();
  }

  #later(delivery: Delivery, delayMs: number): void {
    const ready = () => {
      this.#ready.push(delivery);
      this.#host.wake();
    };
    if (delayMs === 0) ready();
    else delivery.timer = setTimeout(ready, delayMs);
  }

  #note(delivery: Delivery, notBefore: number | undefined): void {
    delivery.hasRow = true;
    this.#attemptWrites.push({ seq: delivery.message.seq, deliveries: delivery.deliveries, notBefore });
    this.#host.wake();
  }

  #giveUp(delivery: Delivery, reason: string, detail: string): void {
    const { stream, durable } = this.settings;
    this.givenUp.push({ durable, stream, ...delivery.message, reason, detail, at: this.#host.now() });
  }

  /** Finds what was begun and not finished when the durable was last consumed. */
  #recover(floor: number): void {
    const done = new Set(this.#table.done());
    const attempts = new Map(this.#table.attempts().map((attempt) => [attempt.seq, attempt]));
    for (const seq of done) if (seq > floor) this.#doneAboveFloor.add(seq);
    this.#storedDone = done.size;
    for (let at = floor; at < this.#dispatched;) {
      const page = this.#log.page(at, this.#wanted);
      for (const message of page.rows) {
        if (message.seq > this.#dispatched || done.has(message.seq)) continue;
        this.#resume(message, attempts.get(message.seq));
        attempts.delete(message.seq);
      }
      if (page.through === at) break;
      at = page.through;
    }
    for (const seq of attempts.keys()) this.#attemptWrites.push(seq);
  }

  #resume(message: Stored, attempt: Attempt | undefined): void {
    const deliveries = attempt?.deliveries ?? 1;
    const delivery: Delivery = {
      message,
      deliveries,
      hasRow: attempt !== undefined,
      attempt: 0,
      timer: undefined,
    };
    if (deliveries >= this.settings.maxDeliver) {
      this.#giveUp(delivery, 'max-deliver', `the process ended during delivery ${deliveries}`);
      this.#completed.push(message.seq);
      if (delivery.hasRow) this.#attemptWrites.push(message.seq);
      return;
    }
    this.#outstanding.set(message.seq, delivery);
    if (attempt?.notBefore === undefined) this.#suspects.push(delivery);
    else this.#later(delivery, Math.min(Math.max(0, attempt.notBefore - this.#host.now()), MAX_DELAY_MS));
  }
}
