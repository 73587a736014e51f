import { BusUnavailable, type Bus, type KeyValue } from '@proxmox-mcp/bus';
import type { Subject } from '@proxmox-mcp/schemas';
import type { Outbox, Owed } from '../history/outbox.ts';

export interface DrainParts {
  readonly outbox: Outbox;
  readonly bus: Bus;
  /** The INCIDENTS bucket. */
  readonly incidents: KeyValue;
  readonly signal: AbortSignal;
  /** Called when the bus did not take something; it is tried again. */
  readonly onRetry: (err: unknown) => void;
}

/** Debts paid at a time. */
const CHUNK = 256;

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

/**
 * Makes the function that pays the bus what transactions owe, in order and under the ids they were written with, so that paying
 * twice after a crash is harmless.
 *
 * @returns a function that resolves when nothing is owed; it throws only when stopped.
 */
export function createDrain({ outbox, bus, incidents, signal, onRetry }: DrainParts): () => Promise<void> {
  return async () => {
    let waitMs = FIRST_WAIT_MS;
    for (let owed = outbox.next(CHUNK); owed.length > 0; owed = outbox.next(CHUNK)) {
      try {
        await Promise.all(withoutSuperseded(owed).map((item) => pay(item)));
        outbox.settle(owed.at(-1)?.n ?? 0);
        waitMs = FIRST_WAIT_MS;
      } catch (err) {
        if (signal.aborted) throw err;
        onRetry(err);
        await pause(waitMs, signal);
        waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
      }
    }
  };

  async function pay(item: Owed): Promise<void> {
    if (item.kind === 'incident') {
      await incidents.put(item.subject, item.body);
      return;
    }
    // The subject was made by `subjects` for this very payload before it was written down.
    await bus.publish(item.subject as Subject<unknown>, JSON.parse(item.body), { id: item.id });
  }
}

/** Of several values for one key only the last is worth writing. */
function withoutSuperseded(owed: readonly Owed[]): Owed[] {
  const last = new Map(owed.filter((item) => item.kind === 'incident').map((item) => [item.subject, item.n]));
  return owed.filter((item) => item.kind !== 'incident' || last.get(item.subject) === item.n);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopped = () => {
      clearTimeout(timer);
      reject(new BusUnavailable('stopped while the bus was away'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stopped);
      resolve();
    }, ms);
    signal.addEventListener('abort', stopped, { once: true });
  });
}
