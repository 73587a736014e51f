import type { EventDraft, NormalizeResult } from '@proxmox-mcp/schemas';

/** What several messages say that were recorded together: their events in order, and how many of them were refused. */
export function joinResults(results: readonly NormalizeResult[]): NormalizeResult {
  const events: EventDraft[] = [];
  let rejected = 0;
  for (const result of results) {
    if ('events' in result) events.push(...result.events);
    else if ('reject' in result) rejected++;
  }
  return { events, ...(rejected > 0 && { rejected }) };
}
