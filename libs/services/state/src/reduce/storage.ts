import { stateKeys, type Observation, type StorageRow } from '@proxmox-mcp/schemas';
import { fold, type Entry } from './entry.ts';

/** Looks up an entry as it is now. */
export type Lookup = (key: string) => Entry | undefined;

/** What becomes of keys; `undefined` deletes one. */
export type Changes = Map<string, Entry | undefined>;

/**
 * Folds a storage as one node sees it. A shared storage is one entry, available while any node reaches it; a node that sees it
 * differently has an entry of its own beside it for as long as it does.
 */
export function foldStorage(row: StorageRow, seen: Observation, lookup: Lookup): Changes {
  const ownKey = stateKeys.storage(seen.cluster, row.storage, row.node);
  const changes: Changes = new Map();
  if (!row.shared) return changes.set(ownKey, fold(lookup(ownKey), row, seen));
  const sharedKey = stateKeys.storage(seen.cluster, row.storage);
  const shared = lookup(sharedKey);
  const isReachedByOther =
    shared?.kind === 'storage' &&
    shared.status === 'available' &&
    shared.node !== row.node &&
    row.status !== 'available';
  if (isReachedByOther) {
    const own = fold(lookup(ownKey), row, seen);
    return changes.set(ownKey, own.kind === 'storage' ? { ...own, dissents: true } : own);
  }
  if (lookup(ownKey) !== undefined) changes.set(ownKey, undefined);
  return changes.set(sharedKey, fold(shared, row, seen));
}
