import type { StorageState } from '@proxmox-mcp/schemas';
import type { Picture } from './rule.ts';

/**
 * Whether a PVE storage is a datastore of a backup server that is watched itself: how full it is, is told of the datastore, once. Which one
 * it is, only the storage's configuration says; none other has the same size to the byte.
 */
export function isToldByDatastore({ type, total }: StorageState, picture: Picture): boolean {
  if (type !== 'pbs') return false;
  for (const datastore of picture.of('datastore')) if (datastore.total === total) return true;
  return false;
}
