import type { Logger } from '@proxmox-mcp/service-kit';

/** How a channel is doing, for /readyz and the log. Logs a change once, not every failure. */
export interface ChannelHealth {
  succeeded(): void;
  failed(reason: string): void;
  details(): { readonly status: 'ok' | 'degraded'; readonly reason?: string; readonly since?: string };
}

/** Makes the health of one channel. A channel counts as well until it fails. */
export function createHealth(
  channel: string,
  log: Pick<Logger, 'info' | 'warn'>,
  now: () => number,
): ChannelHealth {
  let failing: { reason: string; since: string } | undefined;
  return {
    succeeded() {
      if (failing !== undefined)
        log.info({ channel, since: failing.since }, 'channel takes notifications again');
      failing = undefined;
    },
    failed(reason) {
      if (failing?.reason !== reason)
        log.warn({ channel, reason }, 'channel takes no notifications, will retry');
      failing = { reason, since: failing?.since ?? new Date(now()).toISOString() };
    },
    details: () => (failing === undefined ? { status: 'ok' } : { status: 'degraded', ...failing }),
  };
}
