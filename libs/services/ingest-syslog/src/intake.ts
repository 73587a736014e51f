/** One message as it came from a socket. */
export interface Received {
  readonly bytes: Buffer;
  /** Longer than a message may be; `bytes` is its beginning. */
  readonly oversize: boolean;
  /** `udp 192.0.2.11:514`. */
  readonly origin: string;
  /** One connection, or one socket that sends datagrams. */
  readonly sender: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

/** Stores what a batch says. Throws when it could not, and is then called again; a second time must be harmless. */
export type StoreBatch = () => Promise<void>;

export interface IntakeOptions {
  /** Takes one batch, in order; called once for each. An empty batch asks for whatever else is due. */
  readonly prepare: (batch: readonly Received[]) => StoreBatch;
  /** Called once, after the last batch: what was held back. */
  readonly finish: () => StoreBatch;
  /** Called with the number of messages a full queue turned away. */
  readonly onDropped: (count: number) => void;
  /** Called before a failed batch is tried again. */
  readonly onRetry: (err: unknown, delayMs: number) => void;
  /** Nothing is handled before it resolves; what comes meanwhile waits in the queue. */
  readonly until?: Promise<void>;
  /** Called when the queue can take more from sockets that were told to wait. */
  readonly onRoom: () => void;
  readonly maxMessages?: number;
  readonly maxBytes?: number;
  readonly maxBatch?: number;
}

/** The bounded queue between the sockets, which cannot wait, and the bus, which may have to. */
export interface Intake {
  /** @returns `false` when the queue is full and the message was dropped. */
  offer(message: Received): boolean;
  /** A sender that can wait should. */
  readonly isCrowded: boolean;
  readonly length: number;
  /** Prepares an empty batch now, if nothing else is under way. */
  poke(): void;
  /** Takes nothing more; what is held is handled, unless it cannot be within `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** Some seconds of a storm; the bytes bound what they may take. */
const MAX_MESSAGES = 50_000;
const MAX_BYTES = 32 * 1024 * 1024;
/** One transaction of the bus: the pages of its index are written once for all of them. Some 30 ms of work. */
const MAX_BATCH = 1_024;
/**
 * After a batch the next one may wait to become worth a transaction: the longer, the more there was in the last one. A line that comes
 * alone hardly waits, and the first after a pause never does.
 */
const GATHER_MS_PER_MESSAGE = 2;
const GATHER_MS = 40;
/** A turn that brings so many messages has left more behind. */
const BUSY_TURN = 16;
/** Storing has its turn, too: some 50 ms of reading at most. */
const MAX_READING_TURNS = 200;
const RETRY_FIRST_MS = 100;
const RETRY_LAST_MS = 5_000;

export function createIntake(options: IntakeOptions): Intake {
  const { prepare, finish, onDropped, onRetry, onRoom } = options;
  const maxMessages = options.maxMessages ?? MAX_MESSAGES;
  const maxBytes = options.maxBytes ?? MAX_BYTES;
  const maxBatch = options.maxBatch ?? MAX_BATCH;
  // Who can wait need not stand in a long queue: what is alive for long is what the garbage collector copies.
  const crowdedAt = Math.min(maxMessages / 2, 4 * maxBatch);
  let queue: Received[] = [];
  let bytes = 0;
  let crowded = false;
  let closed = false;
  let running: Promise<void> | undefined;
  let gathering = Promise.resolve();
  const abort = new AbortController();

  async function run(): Promise<void> {
    await options.until;
    // One turn of the event loop gathers a burst into one batch, which costs the bus one round trip.
    await new Promise((resolve) => setImmediate(resolve));
    do {
      // At 10,000 lines a second each turn of the loop brings twenty, and a transaction costs as much as thirty lines.
      if (!closed && queue.length < maxBatch / 4) await gathering;
      await drainSockets();
      const batch = queue.slice(0, maxBatch);
      gathering = pause(Math.min(GATHER_MS, batch.length * GATHER_MS_PER_MESSAGE), abort.signal);
      await storeStubbornly(prepare(batch));
      if (abort.signal.aborted) break;
      queue = queue.slice(batch.length);
      bytes -= batch.reduce((sum, message) => sum + message.bytes.length, 0);
      if (crowded && queue.length < crowdedAt / 2 && bytes < maxBytes / 4) {
        crowded = false;
        onRoom();
      }
    } while (queue.length > 0);
  }

  /**
   * Reads before it stores: what waits in the kernel is lost when its buffer is full, what waits here is not. One turn of the event
   * loop reads some thirty datagrams of a socket, however many there are.
   */
  async function drainSockets(): Promise<void> {
    for (let turn = 0; turn < MAX_READING_TURNS && !closed && queue.length < maxMessages / 2; turn++) {
      const before = queue.length;
      await new Promise((resolve) => setImmediate(resolve));
      if (queue.length - before < BUSY_TURN) return;
    }
  }

  async function storeStubbornly(store: StoreBatch): Promise<void> {
    for (
      let delayMs = RETRY_FIRST_MS;
      !abort.signal.aborted;
      delayMs = Math.min(delayMs * 2, RETRY_LAST_MS)
    ) {
      try {
        return await store();
      } catch (err) {
        onRetry(err, delayMs);
        await pause(delayMs, abort.signal);
      }
    }
  }

  function wake(): void {
    running ??= run().finally(() => {
      running = undefined;
      if (queue.length > 0 && !abort.signal.aborted) wake();
    });
  }

  return {
    get isCrowded() {
      return crowded;
    },
    get length() {
      return queue.length;
    },
    offer(message) {
      if (closed || queue.length >= maxMessages || bytes + message.bytes.length > maxBytes) {
        onDropped(1);
        return false;
      }
      queue.push(message);
      bytes += message.bytes.length;
      if (queue.length > crowdedAt || bytes > maxBytes / 2) crowded = true;
      wake();
      return true;
    },
    poke() {
      if (!closed) wake();
    },
    async stop(graceMs) {
      closed = true;
      const timer = setTimeout(() => abort.abort(), graceMs);
      while (running !== undefined) await running;
      if (!abort.signal.aborted) await storeStubbornly(finish());
      clearTimeout(timer);
      abort.abort();
      if (queue.length > 0) onDropped(queue.length);
      queue = [];
    },
  };
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal.addEventListener('abort', done, { once: true });
  });
}
