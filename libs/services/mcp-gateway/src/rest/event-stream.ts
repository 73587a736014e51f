import type { ServerResponse } from 'node:http';
import type { Bus, Consumer } from '@proxmox-mcp/bus';
import { filters, type Event } from '@proxmox-mcp/schemas';
import { encodeCursor } from '../call/event-cursor.ts';
import { redact } from '../call/redact.ts';
import { eventRow } from '../fleet/rows.ts';
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
  readonly heartbeatMs: number;
  /** How long a reader may take to empty its buffer. */
  readonly drainMs: number;
  /** Asked with every heartbeat: whether the token still exists. */
  readonly isAllowed: () => Promise<boolean>;
  readonly onEnd: (reason: StreamEnd) => void;
}

/**
 * One reader of the event stream. While the reader's buffer is full nothing is taken from the bus; once it is empty the
 * stream goes on after the last event sent. So a slow reader costs one buffer, a hung one is dropped, and nobody misses
 * anything.
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
    try {
      const consumer = await this.#options.bus.subscribe<Event>(
        { filters: [filters.allEvents], from: this.#seen },
        ({ data, seq }) => this.#take(data, seq),
      );
      this.#consumer = consumer;
      // Paused or ended while the subscription was made.
      if (this.#isPaused || this.#isOver) await this.#stopListening();
    } catch {
      this.end('error');
    }
  }

  async #stopListening(): Promise<void> {
    const consumer = this.#consumer;
    this.#consumer = undefined;
    await consumer?.stop();
  }

  #take(event: Event, seq: number): void {
    if (this.#isPaused || this.#isOver || seq <= this.#seen) return;
    this.#seen = seq;
    if (!wantsEvent(this.#options.filter, event)) return;
    const frame = `id: ${encodeCursor({ events: seq })}\ndata: ${JSON.stringify(redact({ ...eventRow(event, seq), title: event.title }))}\n\n`;
    this.#options.response.write(frame);
    if (this.#options.response.writableLength > MAX_BUFFER_BYTES) this.#pause();
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
    if (!(await this.#options.isAllowed())) return this.end('revoked');
    if (this.#isPaused || this.#isOver) return;
    this.#options.response.write(`: heartbeat\nid: ${encodeCursor({ events: this.#seen })}\n\n`);
  }
}
