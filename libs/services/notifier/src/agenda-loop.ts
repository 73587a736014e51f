import { createLeases, type KeyValue } from '@proxmox-mcp/bus';
import type { Logger } from '@proxmox-mcp/service-kit';

const LEASE = 'notifier-agenda';

/** Calls the agenda's line again and again, in one process at one time. */
export interface AgendaLoop {
  /** Waits for the call under way. */
  stop(): Promise<void>;
}

/**
 * Starts the loop. The timer only says when to look; what is due stands in the key-value.
 *
 * @param everyMs between two calls; the lease has to last for several.
 */
export function startAgendaLoop({
  leases: kv,
  owner,
  line,
  everyMs,
  leaseTtlMs,
  log,
}: {
  readonly leases: KeyValue;
  readonly owner: string;
  readonly line: () => Promise<void>;
  readonly everyMs: number;
  readonly leaseTtlMs: number;
  readonly log: Pick<Logger, 'warn'>;
}): AgendaLoop {
  const leases = createLeases({ kv, owner, ttlMs: leaseTtlMs });
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let turn = Promise.resolve();

  async function look(): Promise<void> {
    try {
      await leases.renew();
      if (leases.holds(LEASE) || (await leases.acquire(LEASE))) await line();
    } catch (err) {
      log.warn({ err }, 'what waits for its time was not looked at, will retry');
    }
  }
  function next(): void {
    if (stopped) return;
    timer = setTimeout(() => {
      turn = look().then(next);
    }, everyMs);
  }
  turn = look().then(next);

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await turn;
      if (!leases.holds(LEASE)) return;
      try {
        await leases.release(LEASE);
      } catch (err) {
        log.warn({ err }, 'lease not given back, it runs out by itself');
      }
    },
  };
}
