import type { Filter, Subject } from '@proxmox-mcp/schemas';
import type { Bus, ConsumeOptions, Consumer, Message } from '../../bus.ts';

/** A driver as the suite needs it. */
export interface BusUnderTest {
  /** Opens a bus on the same store each time. */
  open(): Promise<Bus>;
  /** How a child process opens it. */
  readonly driver: 'embedded' | 'nats';
  /** File of the embedded log, or address of the server. */
  readonly where: string;
  /** One process at a time: the suite closes its own bus while a child process works. */
  readonly exclusive: boolean;
  /** Ends what was started for the suite. */
  stop(): Promise<void>;
}

/** What the tests of the suite share. */
export interface Context {
  readonly bus: Bus;
  readonly target: BusUnderTest;
  /** Closes the bus and opens it again. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

// The bus carries any JSON. The suite's payloads are its own, so that it does not depend on what services send.
export const subjectOf = (text: string): Subject<unknown> => text as Subject<unknown>;
export const filterOf = (text: string): Filter<unknown> => text as Filter<unknown>;

const PATIENCE_MS = 20_000;

/** Collects what comes and lets a test wait for a number of them. */
export class Collector<T> {
  readonly items: T[] = [];
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  add(item: T): void {
    this.items.push(item);
    const ready = this.#waiting.filter(({ count }) => this.items.length >= count);
    this.#waiting = this.#waiting.filter(({ count }) => this.items.length < count);
    for (const { resolve } of ready) resolve();
  }

  /** Resolves when `count` have come. @throws {Error} after 20 s. */
  async reach(count: number): Promise<T[]> {
    if (this.items.length >= count) return this.items;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ count, resolve });
      timer = setTimeout(() => reject(new Error(`${this.items.length} of ${count} came`)), PATIENCE_MS);
    });
    clearTimeout(timer);
    return this.items;
  }
}

/** Consumes and collects. */
export async function collect(
  bus: Bus,
  options: Omit<ConsumeOptions<unknown>, 'filters'> & { readonly filters: readonly string[] },
): Promise<{ readonly got: Collector<Message<unknown>>; readonly consumer: Consumer }> {
  const got = new Collector<Message<unknown>>();
  const consumer = await bus.consume({ ...options, filters: options.filters.map(filterOf) }, (message) =>
    got.add(message),
  );
  return { got, consumer };
}
