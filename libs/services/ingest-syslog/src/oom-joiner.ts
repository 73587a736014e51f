import { readOomMessage } from '@proxmox-mcp/proxmox-events';
import type { HostMessage } from './normalize.ts';

/** The kernel writes both lines within a millisecond; a relay may hold the second back a little. */
const WINDOW_MS = 2_000;
/** Kills waiting for their second line; beyond, the oldest go without it. */
const MAX_HELD = 1_000;

/** A message with whatever the caller needs to finish it. */
export interface Joinable<T> {
  readonly message: HostMessage;
  readonly tag: T;
}

/** Brings the kernel's two lines about one kill for memory together: the first names the guest, the second the memory. */
export interface OomJoiner<T> {
  /** @returns what can go on now: the message itself, the joined one, or nothing while the second line is awaited. */
  offer(item: Joinable<T>, nowMs: number): Joinable<T>[];
  /** Those that waited long enough; all of them when `nowMs` is not given. */
  release(nowMs?: number): Joinable<T>[];
  readonly held: number;
}

/** @param join how the two callers' tags become one. */
export function createOomJoiner<T>(join: (first: T, second: T) => T): OomJoiner<T> {
  // Insertion order is order of arrival, so the first entry is always the oldest.
  const waiting = new Map<string, { readonly item: Joinable<T>; readonly until: number }>();

  function takeOldest(): Joinable<T>[] {
    const oldest = waiting.entries().next().value;
    if (oldest === undefined) return [];
    waiting.delete(oldest[0]);
    return [oldest[1].item];
  }

  return {
    get held() {
      return waiting.size;
    },
    offer(item, nowMs) {
      const { parsed, host } = item.message;
      const oom = parsed.tag === 'kernel' ? readOomMessage(parsed.message) : undefined;
      if (oom === undefined) return [item];
      const key = `${host.source.id}/${host.node}/${oom.pid}`;
      if (oom.kind === 'choice') {
        const overflow = waiting.size >= MAX_HELD ? takeOldest() : [];
        waiting.set(key, { item, until: nowMs + WINDOW_MS });
        return overflow;
      }
      const first = waiting.get(key)?.item;
      if (first === undefined) return [item];
      waiting.delete(key);
      return [{ message: { ...first.message, next: parsed.message }, tag: join(first.tag, item.tag) }];
    },
    release(nowMs = Number.POSITIVE_INFINITY) {
      const due: Joinable<T>[] = [];
      for (const [, { until }] of waiting) {
        if (until > nowMs) break;
        due.push(...takeOldest());
      }
      return due;
    },
  };
}
