import type { EventDraft } from '@proxmox-mcp/schemas';
import { isRecord } from '../input.ts';
import { oneLine } from '../text.ts';
import { conditionDraft } from './condition-draft.ts';

/** Error text by datastore, `null` where all is well: what the next answer of PBS datastore-usage is compared with. */
export type DatastoreErrors = Readonly<Record<string, string | null>>;

const MAX_ERROR = 1_000;

/** Reads which datastores are in trouble. */
export function readDatastoreErrors(rows: readonly unknown[]): DatastoreErrors {
  const errors = new Map<string, string | null>();
  for (const row of rows) {
    if (!isRecord(row) || typeof row['store'] !== 'string') continue;
    const { store, error } = row;
    errors.set(oneLine(store, 100), typeof error === 'string' ? oneLine(error, MAX_ERROR) : null);
  }
  return Object.fromEntries(errors);
}

/**
 * Datastores whose error is new.
 *
 * @param node name of the PBS, where it is known.
 */
export function diffDatastores(before: DatastoreErrors, after: DatastoreErrors, node?: string): EventDraft[] {
  return Object.entries(after).flatMap(([storage, error]) => {
    if (error === null || typeof before[storage] === 'string') return [];
    const about = { ...(node !== undefined && { node }), storage };
    return [conditionDraft('datastore.state.unavailable', about, { datastore: storage, error }, 'pbs')];
  });
}
