import { createHash } from 'node:crypto';
import type { Notification } from '@proxmox-mcp/schemas';

/** Who gets what a channel does not take. */
export interface FallbackPolicy {
  /** Channel → those that are asked in its place, in order. */
  readonly chains: Readonly<Record<string, readonly string[] | undefined>>;
  /** Channels that are on. */
  readonly enabled: ReadonlySet<string>;
  /** How long a channel is tried first, in milliseconds. */
  readonly afterMs: number;
}

const MAX_ID = 120;

/** The same notification for the next channel of the chain; `undefined` at its end. Its id is the same whenever it is asked for. */
export function fallbackFor(notification: Notification, policy: FallbackPolicy): Notification | undefined {
  const { from, of } = notification.fallback ?? { from: notification.channel, of: notification.id };
  const chain = (policy.chains[from] ?? []).filter((name) => policy.enabled.has(name));
  const place = notification.fallback === undefined ? -1 : chain.indexOf(notification.channel);
  const channel = place === -1 && notification.fallback !== undefined ? undefined : chain[place + 1];
  if (channel === undefined) return undefined;
  return { ...notification, id: fallbackId(of, channel), channel, fallback: { from, of } };
}

function fallbackId(of: string, channel: string): string {
  const end = `-via-${channel}`;
  if (of.length + end.length <= MAX_ID) return of + end;
  const hash = createHash('sha256').update(of).digest('hex').slice(0, 16);
  return `${of.slice(0, MAX_ID - end.length - hash.length - 1)}-${hash}${end}`;
}

/**
 * How long a notification is still tried by its own channel, in milliseconds; 0 when its fallback is due.
 *
 * @param since when it was first tried or, if it was not, made; milliseconds since the epoch.
 */
export function triesLeftMs(since: number, policy: FallbackPolicy, now: number): number {
  return Math.max(0, policy.afterMs - Math.max(0, now - since));
}
