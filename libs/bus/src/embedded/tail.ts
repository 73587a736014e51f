import type { StreamName } from '@proxmox-mcp/schemas';
import type { Message } from '../bus.ts';
import { subjectFilter } from '../shared/subject-filter.ts';
import type { Stored, StreamLog } from './log.ts';

/** A subscription: every matching message in order, nothing stored about it. */
export class Tail {
  readonly stream: StreamName;
  readonly #log: StreamLog;
  readonly #wanted: (subject: string) => boolean;
  readonly #onMessage: (message: Message<unknown>) => void;
  #cursor: number;

  constructor(
    stream: StreamName,
    log: StreamLog,
    options: {
      readonly filters: readonly string[];
      readonly from: 'new' | number;
      readonly onMessage: (message: Message<unknown>) => void;
    },
  ) {
    this.stream = stream;
    this.#log = log;
    this.#wanted = subjectFilter(options.filters);
    this.#onMessage = options.onMessage;
    this.#cursor = options.from === 'new' ? log.last() : Math.min(options.from, log.last());
  }

  /** Takes rows just committed, when it stands right before them; else it will page them later. */
  feed(rows: readonly Stored[]): void {
    if (rows[0]?.seq !== this.#cursor + 1) return;
    for (const row of rows) {
      this.#cursor = row.seq;
      if (this.#wanted(row.subject)) this.#give(row);
    }
  }

  /** Gives one page of what it is behind by. */
  catchUp(): void {
    if (!this.isBehind()) return;
    const page = this.#log.page(this.#cursor, this.#wanted);
    this.#cursor = page.through;
    for (const row of page.rows) this.#give(row);
  }

  isBehind(): boolean {
    return this.#cursor < this.#log.last();
  }

  #give(row: Stored): void {
    this.#onMessage({
      stream: this.stream,
      subject: row.subject,
      seq: row.seq,
      data: JSON.parse(row.data),
      deliveries: 1,
    });
  }
}
