import type { ServerResponse } from 'node:http';
import type { Bus, Consumer } from '@proxmox-mcp/bus';
import { filters, type Event } from '@proxmox-mcp/schemas';
import { encodeCursor } from '../call/event-cursor.ts';
import { redact } from '../call/redact.ts';
import { untrusted } from '../call/untrusted.ts';
import { eventRow } from '../fleet/rows.ts';
import { GAP_HINT } from '../wait/gap.ts';
import { wantsEvent, type EventFilter } from '../wait/event-filter.ts';

/** What may wait for a reader before nothing more is taken from the bus. */
const MAX_BUFFER_BYTES = 1 << 20;

/** Why a stream ended. */
export type StreamEnd = 'client' | 'slow' | 'revoked' | 'shutdown' | 'error';

export interface EventStreamOptions {
  readonly bus: Bus;
  readonly response: ServerResponse;
  readonly filter: EventFilter;
  /** Everything after this sequence is sent. */
  readonly from: number;
  /** The reader's cursor was ahead of the stream: what it missed cannot be known. */
  readonly isLost: boolean;
  readonly heartbeatMs: number;
  /** How long a reader may take to empty its buffer. */
  readonly drainMs: number;
  /** Asked with every heartbeat: whether the token still exists. */
  readonly isAllowed: () => Promise<boolean>;
  readonly onEnd: (reason: StreamEnd) => void;
  /** Events the reader asked for are not kept any more. */
  readonly onGap: () => void;
}

/**
 * One reader of the event stream. While the reader's buffer is full nothing is taken from the bus; once it is empty the
 * stream goes on after the last event sent. So a slow reader costs one buffer, a hung one is dropped, and nobody misses
 * anything without being told: what the bus does not keep any more is a message `gap`.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  #consumer: Consumer | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #drainLimit: NodeJS.Timeout | undefined;
  /** Sequence of the last event looked at. */
  #seen: number;
  #isPaused = false;
  #isOver = false;
  /** Counts the subscriptions: one that is overtaken while it is made must not stay. */
  #turn = 0;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#seen = options.from;
  }

  async start(): Promise<void> {
    const { response, heartbeatMs } = this.#options;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    response.on('close', () => this.end('client'));
    response.on('error', () => this.end('client'));
    response.on('drain', () => void this.#resume());
    // An id alone dispatches nothing and tells the reader where it stands, before the first event.
    response.write(`retry: 2000\nid: ${encodeCursor({ events: this.#seen })}\n\n`);
    if (this.#options.isLost) this.#tellGap();
    this.#heartbeat = setInterval(() => void this.#beat(), heartbeatMs).unref();
    await this.#listen();
  }

  /** Ends the stream; safe twice. */
  end(reason: StreamEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#drainLimit);
    void this.#stopListening();
    if (reason === 'slow') this.#options.response.destroy();
    else this.#options.response.end();
    this.#options.onEnd(reason);
  }

  async #listen(): Promise<void> {
    const turn = ++this.#turn;
    try {
      const consumer = await this.#options.bus.subscribe<Event>(
        { filters: [filters.allEvents], from: this.#seen },
        ({ data, seq }) => this.#take(data, seq),
      );
      // Paused, ended or overtaken by the next turn while the subscription was made.
      if (turn !== this.#turn || this.#isPaused || this.#isOver) await stopped(consumer);
      else this.#consumer = consumer;
    } catch {
      this.end('error');
    }
  }

  async #stopListening(): Promise<void> {
    const consumer = this.#consumer;
    this.#consumer = undefined;
    await stopped(consumer);
  }

  #take(event: Event, seq: number): void {
    if (this.#isPaused || this.#isOver || seq <= this.#seen) return;
    // Sequences of a stream have no holes: one that is skipped has passed retention.
    if (seq > this.#seen + 1) this.#tellGap(seq - this.#seen - 1);
    this.#seen = seq;
    if (!wantsEvent(this.#options.filter, event)) return;
    const row = eventRow(event, seq);
    // People read this stream too: the whole title, marked.
    const whole = row['title'] === event.title ? {} : { full_title: untrusted(event.title) };
    const frame = `id: ${encodeCursor({ events: seq })}\ndata: ${JSON.stringify(redact({ ...row, ...whole }))}\n\n`;
    this.#options.response.write(frame);
    if (this.#options.response.writableLength > MAX_BUFFER_BYTES) this.#pause();
  }

  #tellGap(missed?: number): void {
    this.#options.onGap();
    const data = { gap: true, ...(missed === undefined ? {} : { missed }), hint: GAP_HINT };
    this.#options.response.write(`event: gap\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #pause(): void {
    this.#isPaused = true;
    this.#drainLimit = setTimeout(() => this.end('slow'), this.#options.drainMs).unref();
    void this.#stopListening();
  }

  async #resume(): Promise<void> {
    clearTimeout(this.#drainLimit);
    if (!this.#isPaused || this.#isOver) return;
    this.#isPaused = false;
    // A subscription that was being made when the pause began is stopped by #listen; never run two.
    await this.#stopListening();
    await this.#listen();
  }

  async #beat(): Promise<void> {
    // A token file that cannot be read must neither end the process nor keep the stream open.
    const isAllowed = await this.#options.isAllowed().catch(() => undefined);
    if (isAllowed !== true) return this.end(isAllowed === false ? 'revoked' : 'error');
    if (this.#isPaused || this.#isOver) return;
    this.#options.response.write(`: heartbeat\nid: ${encodeCursor({ events: this.#seen })}\n\n`);
  }
}

/** A subscription that does not stop cleanly is of no use to anyone; its bus has gone. */
async function stopped(consumer: Consumer | undefined): Promise<void> {
  await consumer?.stop().catch(() => undefined);
}
