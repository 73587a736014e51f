import type { Consumer } from '@proxmox-mcp/bus';

const MAX_EVENTS = 50;

/** How a wait ended. */
export interface Gathered {
  readonly matched: boolean;
  /** What matched, at most 50; empty on a timeout. */
  readonly found: readonly Record<string, unknown>[];
}

export interface GatherOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Called every few seconds while waiting. */
  readonly onTick: (elapsedMs: number) => void;
  /**
   * Starts to listen: offers what matches (`false` from `offer` means: no more, do not count it as seen) and hands over
   * each listener as soon as it runs, so that it is stopped whatever fails after it.
   */
  readonly listen: (
    offer: (match: Record<string, unknown>) => boolean,
    hold: (listener: Pick<Consumer, 'stop'>) => void,
  ) => Promise<void>;
}

const TICK_MS = 5_000;

/** Waits for the first match, takes along what comes with it in the same breath, and stops listening whatever happens. */
export async function gather({ timeoutMs, signal, onTick, listen }: GatherOptions): Promise<Gathered> {
  const found: Record<string, unknown>[] = [];
  const started = performance.now();
  let isOpen = true;
  const { promise: over, resolve: finish } = Promise.withResolvers<void>();
  const offer = (match: Record<string, unknown>): boolean => {
    if (!isOpen || found.length >= MAX_EVENTS) return false;
    // A backlog is given page by page: let the page be read before answering.
    if (found.push(match) === 1) setImmediate(finish);
    return true;
  };
  const timer = setTimeout(finish, timeoutMs);
  const ticker = setInterval(() => onTick(performance.now() - started), TICK_MS);
  const onAbort = () => finish();
  signal.addEventListener('abort', onAbort, { once: true });
  const listeners: Pick<Consumer, 'stop'>[] = [];
  try {
    if (signal.aborted) finish();
    onTick(0);
    await listen(offer, (listener) => void listeners.push(listener));
    await over;
    isOpen = false;
    return { matched: found.length > 0, found };
  } finally {
    isOpen = false;
    clearTimeout(timer);
    clearInterval(ticker);
    signal.removeEventListener('abort', onAbort);
    await Promise.all(listeners.map((listener) => listener.stop()));
  }
}
