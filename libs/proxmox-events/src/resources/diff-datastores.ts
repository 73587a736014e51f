import type { EventDraft } from '@proxmox-mcp/schemas';
import { isRecord } from '../input.ts';
import { oneLine } from '../text.ts';
import { conditionDraft } from './condition-draft.ts';
import { number } from './snapshot.ts';
import { HIGH_PERCENT, isHigh, percentOf } from './usage.ts';

/** What is remembered of a datastore between two polls. */
export interface DatastoreMemory {
  /** Why it is not available; absent where all is well. */
  readonly error?: string;
  readonly used?: number;
  readonly total?: number;
  /** Usage was reported high and has not come down enough since. */
  readonly high?: true;
}

/** The essentials of one answer of PBS datastore-usage, by datastore. Plain JSON, fit to be stored. */
export type DatastoreSnapshot = Readonly<Record<string, DatastoreMemory>>;

const MAX_ERROR = 1_000;

/** Reads the rows of datastore-usage. */
export function readDatastores(rows: readonly unknown[]): DatastoreSnapshot {
  const stores = new Map<string, DatastoreMemory>();
  for (const row of rows) {
    if (!isRecord(row) || typeof row['store'] !== 'string') continue;
    const { store, error } = row;
    const [used, total] = [number(row['used']), number(row['total'])];
    stores.set(oneLine(store, 100), {
      ...(typeof error === 'string' && { error: oneLine(error, MAX_ERROR) }),
      ...(used !== undefined && { used }),
      ...(total !== undefined && { total }),
    });
  }
  return Object.fromEntries(stores);
}

/**
 * Datastores that became unavailable or nearly full, and what to compare the next answer with.
 *
 * @param node name of the PBS, where it is known.
 */
export function diffDatastores(
  before: DatastoreSnapshot,
  after: DatastoreSnapshot,
  node?: string,
): { readonly events: readonly EventDraft[]; readonly next: DatastoreSnapshot } {
  const events: EventDraft[] = [];
  const next = new Map<string, DatastoreMemory>();
  for (const [storage, now] of Object.entries(after)) {
    const was = Object.hasOwn(before, storage) ? before[storage] : undefined;
    const about = { ...(node !== undefined && { node }), storage };
    const percent = percentOf(now);
    const wasHigh = was !== undefined && (was.high === true || (percentOf(was) ?? 0) >= HIGH_PERCENT);
    const high = isHigh(percent, wasHigh);
    next.set(storage, { ...now, ...(high && { high: true }) });
    if (now.error !== undefined && was?.error === undefined) {
      const facts = { datastore: storage, error: now.error };
      events.push(conditionDraft('datastore.state.unavailable', about, facts, 'pbs'));
    }
    if (!was || !high || wasHigh || percent === undefined) continue;
    const facts = {
      datastore: storage,
      used_bytes: now.used,
      total_bytes: now.total,
      percent,
      threshold_percent: HIGH_PERCENT,
    };
    events.push(conditionDraft('storage.usage.high', about, facts, 'pbs'));
  }
  return { events, next: Object.fromEntries(next) };
}
