import type { Clock } from '@proxmox-mcp/ingest-kit';

/** Wakes the one who waits; rung while nobody waits, it wakes the next one at once. */
export interface Bell {
  ring(): void;
  /** Resolves when rung, after `ms`, or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function createBell(clock: Clock): Bell {
  let isRung = false;
  let wake = () => undefined as void;
  return {
    ring() {
      isRung = true;
      wake();
    },
    async wait(ms, signal) {
      if (!isRung && !signal.aborted) {
        const rung = new AbortController();
        wake = () => rung.abort();
        await clock.sleep(ms, AbortSignal.any([signal, rung.signal])).catch(() => undefined);
        wake = () => undefined;
      }
      isRung = false;
    },
  };
}
