import type { KeyValue } from '@proxmox-mcp/bus';
import type { Incident } from '@proxmox-mcp/schemas';

/** How long a resolved incident stays in the INCIDENTS key-value, in milliseconds. */
const KEEP_RESOLVED_MS = 24 * 3_600_000;

/**
 * Makes the INCIDENTS key-value agree with the history: puts what is missing or old, deletes what was resolved a day ago. Run
 * at start and now and then; changes in between are written as they happen.
 */
export async function reconcileIncidents(
  kv: KeyValue,
  history: { readonly unresolved: () => readonly Incident[]; readonly has: (id: string) => boolean },
  nowMs: number,
): Promise<void> {
  const stored = new Map<string, Incident>();
  for (const { key, value } of await kv.list()) stored.set(key, JSON.parse(value) as Incident); // only `state` writes here
  for (const incident of history.unresolved()) {
    const revision = stored.get(incident.id)?.revision ?? 0;
    if (revision < incident.revision) await kv.put(incident.id, JSON.stringify(incident));
    stored.delete(incident.id);
  }
  for (const [key, { resolvedAt, status }] of stored) {
    const isOver = status === 'resolved' && Date.parse(resolvedAt ?? '') <= nowMs - KEEP_RESOLVED_MS;
    // What the history has not may be of a history that was lost: nobody could ever resolve it.
    if (isOver || !history.has(key)) await kv.delete(key);
  }
}
