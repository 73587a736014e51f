import type { Clock } from '@proxmox-mcp/proxmox-client';

export interface LoopOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly periodMs: number;
  /** Before the first turn. Default none. */
  readonly delayMs?: number;
}

/**
 * Runs `turn` every `periodMs`, counted from start to start, until the signal aborts; a slow turn makes the next one late
 * and never doubled. A turn may answer how long to wait instead of the period. Rejects with what `turn` throws.
 */
export async function runLoop(options: LoopOptions, turn: () => Promise<number | void>): Promise<void> {
  const { clock, signal, periodMs, delayMs = 0 } = options;
  try {
    if (delayMs > 0) await clock.sleep(delayMs, signal);
    while (!signal.aborted) {
      const startedAt = clock.now();
      const wanted = (await turn()) ?? periodMs;
      await clock.sleep(Math.max(10, startedAt + wanted - clock.now()), signal);
    }
  } catch (error) {
    // The signal is the way to end the loop, not a failure of it.
    if (!signal.aborted) throw error;
  }
}
