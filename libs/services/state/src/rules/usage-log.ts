import type { UsageStore } from '../history/usage.ts';
import { keyOf } from '../reduce/entry.ts';
import { growthOf, RECENT_MS, type Growth } from './growth.ts';
import type { Picture } from './rule.ts';
import type { StorageState } from '@proxmox-mcp/schemas';

/** Writes down how full the storages are, once in a while, and tells how they grow. */
export interface UsageLog {
  /** Whether `note` would write anything. */
  isDue(): boolean;
  /** Writes samples of those that are due. Call it inside a transaction. */
  note(): void;
  /** `undefined` where too little is known. */
  growthOf(storage: StorageState): Growth | undefined;
}

const SAMPLE_EVERY_MS = 15 * 60_000;
const KEEP_MS = 7 * 86_400_000;
/** Samples written in one go: the storages of a large cluster come within a minute or two, and nobody waits long. */
const MAX_AT_ONCE = 500;
/** A storage that was not seen for so long is not what its entry says. */
const SEEN_WITHIN_MS = 5 * 60_000;

/** @param now milliseconds since the epoch. */
export function createUsageLog(usage: UsageStore, picture: Picture, now: () => number): UsageLog {
  const lastAt = usage.lastAt();
  const growths = new Map<string, { readonly at: number; readonly growth: Growth | undefined }>();
  let sweptAt: number | undefined;

  function* due(): Generator<{ key: string; used: number; total: number }> {
    const at = now();
    for (const entry of picture.of('storage')) {
      const { status, used, total, observedAt } = entry;
      if (status !== 'available' || used === undefined || total === undefined || total <= 0) continue;
      const key = keyOf(entry, entry.cluster);
      // A clock that was set back must not stop the samples for as long as it was ahead.
      if (Math.abs(at - (lastAt.get(key) ?? 0)) < SAMPLE_EVERY_MS) continue;
      if (at - Date.parse(observedAt) > SEEN_WITHIN_MS) continue;
      yield { key, used, total };
    }
  }

  function learn(key: string): Growth | undefined {
    const at = lastAt.get(key);
    if (at === undefined) return undefined;
    const known = growths.get(key);
    if (known?.at === at) return known.growth;
    const growth = growthOf({
      recent: usage.since(key, at - RECENT_MS),
      firstAt: usage.firstAt(key) ?? at,
      highestBefore: (before) => usage.highestBefore(key, before),
    });
    growths.set(key, { at, growth });
    return growth;
  }

  return {
    isDue: () => !due().next().done,
    note() {
      const at = now();
      if (sweptAt === undefined || at - sweptAt > 86_400_000) sweep(at);
      let written = 0;
      for (const { key, used, total } of due()) {
        usage.put(key, { at, used, total }, at - KEEP_MS);
        lastAt.set(key, at);
        if (++written >= MAX_AT_ONCE) return;
      }
    },
    growthOf: (storage) => learn(keyOf(storage, storage.cluster)),
  };

  function sweep(at: number): void {
    sweptAt = at;
    usage.deleteBefore(at - KEEP_MS);
    for (const [key, last] of lastAt)
      if (at - last > KEEP_MS) {
        lastAt.delete(key);
        growths.delete(key);
      }
  }
}
