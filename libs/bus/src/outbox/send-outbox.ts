import { BusUnavailable, type Published } from '../bus.ts';
import type { BusLog } from '../shared/log.ts';
import { messageOf } from '../shared/message-of.ts';
import type { Outbox, OutboxItem } from './outbox.ts';

const RETRY_MS = 1_000;

/** Where messages go: NATS, once it is there. */
export interface Outlet {
  readonly connected: boolean;
  publish(item: { readonly subject: string; readonly id: string; readonly data: string }): Promise<Published>;
}

/**
 * Publishes by way of an outbox. While the outlet is there and the outbox empty, messages go straight on; the first one that is
 * not acknowledged in time opens the outbox, and everything after it queues up behind, so that the order stays. Ids make it
 * harmless that a message can have been stored although its acknowledgement was not seen.
 */
export class OutboxSender {
  readonly #outbox: Outbox;
  readonly #log: BusLog;
  readonly #publishing = new Set<Promise<Published>>();
  #outlet: Outlet | undefined;
  #sending: Promise<void> | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(outbox: Outbox, log: BusLog) {
    this.#outbox = outbox;
    this.#log = log;
  }

  /** Messages that wait. */
  get size(): number {
    return this.#outbox.size;
  }

  /** Resolves when NATS or the outbox has stored it; from the outbox with sequence 0, which is not known yet. */
  async publish(item: {
    readonly subject: string;
    readonly id: string;
    readonly data: string;
  }): Promise<Published> {
    if (this.#outbox.size === 0 && this.#outlet?.connected === true) {
      try {
        return await this.#outlet.publish(item);
      } catch (error) {
        if (!(error instanceof BusUnavailable)) throw error;
      }
    }
    await this.#outbox.add(item);
    this.wake();
    return { seq: 0, duplicate: false };
  }

  setOutlet(outlet: Outlet): void {
    this.#outlet = outlet;
    this.wake();
  }

  /** Starts sending, if there is something and somewhere to send it. Call it when the connection is back. */
  wake(): void {
    if (
      this.#sending !== undefined ||
      this.#closed ||
      this.#outbox.size === 0 ||
      this.#outlet?.connected !== true
    )
      return;
    const outlet = this.#outlet;
    this.#sending = this.#send(outlet)
      .catch((error: unknown) => {
        this.#log.warn(
          { reason: messageOf(error), waiting: this.#outbox.size },
          'outbox not sent, will retry',
        );
        this.#retryTimer ??= setTimeout(() => {
          this.#retryTimer = undefined;
          this.wake();
        }, RETRY_MS);
      })
      .finally(() => {
        this.#sending = undefined;
      });
  }

  /** Stops sending. What waits stays in the file. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    await this.#sending;
    // What was refused a moment ago is still on its way into the file.
    await Promise.allSettled(this.#publishing);
    await this.#outbox.close();
  }

  async #send(outlet: Outlet): Promise<void> {
    // One alone first: if it does not get through, nothing behind it overtakes it.
    let most = 1;
    while (!this.#closed) {
      const page = this.#outbox.page().slice(0, most);
      if (page.length === 0) {
        // What is being written now comes with the next page; an empty outbox ends here.
        if (this.#outbox.size === 0) return;
        await new Promise((resolve) => setTimeout(resolve, 1));
        continue;
      }
      await this.#sendPage(outlet, page);
      most = Infinity;
    }
  }

  async #sendPage(outlet: Outlet, page: readonly OutboxItem[]): Promise<void> {
    const results = await Promise.allSettled(page.map((item) => outlet.publish(item)));
    this.#outbox.remove(page.filter((_, i) => results[i]?.status === 'fulfilled'));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}
