import type { EventDraft } from '@proxmox-mcp/schemas';
import { conditionDraft } from './condition-draft.ts';
import { HIGH_PERCENT, isHigh, percentOf } from './usage.ts';
import type { ResourceSnapshot, StorageMemory } from './snapshot.ts';

const STATES: ReadonlySet<string> = new Set(['available', 'unavailable', 'unknown']);

type Storages = ResourceSnapshot['storages'];

/** What became of the storages. A shared one that fills up is one event, though every node reports it. */
export function diffStorages(before: Storages, after: Storages): { events: EventDraft[]; next: Storages } {
  const events: EventDraft[] = [];
  const next: Record<string, StorageMemory> = {};
  const toldFull = new Set<string>();
  for (const was of Object.values(before)) if (was.shared && was.high) toldFull.add(was.storage);
  for (const [key, now] of Object.entries(after)) {
    const was = before[key];
    const percent = percentOf(now);
    const wasHigh = was !== undefined && (was.high === true || (percentOf(was) ?? 0) >= HIGH_PERCENT);
    const high = isHigh(percent, wasHigh);
    next[key] = { ...now, ...(high && { high: true }) };
    if (!was) continue;
    const about = { node: now.node, storage: now.storage };
    if (
      was.status !== undefined &&
      now.status !== undefined &&
      was.status !== now.status &&
      STATES.has(now.status)
    )
      events.push(conditionDraft(`storage.state.${now.status}`, about, { from: was.status, to: now.status }));
    if (!high || wasHigh || percent === undefined) continue;
    if (now.shared && toldFull.has(now.storage)) continue;
    if (now.shared) toldFull.add(now.storage);
    events.push(
      conditionDraft('storage.usage.high', about, {
        used_bytes: now.used,
        total_bytes: now.total,
        percent,
        threshold_percent: HIGH_PERCENT,
      }),
    );
  }
  return { events, next };
}
