import type { KeyValue } from '@proxmox-mcp/bus';
import { Incident } from '@proxmox-mcp/schemas';
import type { Receipts } from './receipts.ts';

/**
 * Deletes receipts older than `keepMs`, except those of incidents that still last: a resolution is owed by the receipt of
 * its opening, however long ago that was.
 *
 * @returns how many were deleted.
 */
export async function pruneReceipts(
  receipts: Receipts,
  incidents: Pick<KeyValue, 'get'>,
  { keepMs, now }: { readonly keepMs: number; readonly now: number },
): Promise<number> {
  let deleted = 0;
  for (const receipt of await receipts.list()) {
    // One that is told by another changes no more, though its own status stays.
    const isUnderWay = receipt.status === 'pending' && receipt.via === undefined;
    if (isUnderWay || now - Date.parse(receipt.at) < keepMs) continue;
    if (receipt.incidentId !== undefined && (await lasts(incidents, receipt.incidentId))) continue;
    await receipts.delete(receipt.id);
    deleted++;
  }
  return deleted;
}

async function lasts(incidents: Pick<KeyValue, 'get'>, id: string): Promise<boolean> {
  const entry = await incidents.get(id);
  if (entry === undefined) return false;
  try {
    return Incident.parse(JSON.parse(entry.value)).status !== 'resolved';
  } catch {
    // Cannot be read, so nothing is known: keeping is the harmless side.
    return true;
  }
}
