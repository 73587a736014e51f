import type { Bus, Consumer } from '@proxmox-mcp/bus';
import { filters, type Event } from '@proxmox-mcp/schemas';
import { encodeCursor } from '../call/event-cursor.ts';
import { eventRow } from '../fleet/rows.ts';

const KEPT = 100;

/** The last events, for `proxmox://events/recent`: followed from the bus, so that reading asks nobody. */
export class RecentEvents {
  readonly #rows: { seq: number; row: Record<string, unknown> }[] = [];
  readonly #onEvent: () => void;
  #consumer: Consumer | undefined;

  /** @param onEvent called after every event. */
  constructor(onEvent: () => void) {
    this.#onEvent = onEvent;
  }

  async start(bus: Bus): Promise<void> {
    const last = await bus.lastSeq('EVENTS');
    const from = Math.max(0, last - KEPT);
    this.#consumer = await bus.subscribe<Event>({ filters: [filters.allEvents], from }, ({ data, seq }) => {
      this.#rows.push({ seq, row: eventRow(data, seq) });
      if (this.#rows.length > KEPT) this.#rows.shift();
      this.#onEvent();
    });
  }

  async stop(): Promise<void> {
    await this.#consumer?.stop();
    this.#consumer = undefined;
  }

  /** Newest first, with the cursor to continue from. */
  read(): { items: Record<string, unknown>[]; cursor: string } {
    return {
      items: this.#rows.map(({ row }) => row).reverse(),
      cursor: encodeCursor({ events: this.#rows.at(-1)?.seq ?? 0 }),
    };
  }
}
