import type { Bus } from '@proxmox-mcp/bus';

/** What to do when events between a cursor and now are not kept any more. */
export const GAP_HINT =
  'events after this cursor are not kept any more: ask events_query and fleet_overview for what was missed';

/**
 * Where to read the events from: after `cursor`, else from now. A cursor ahead of the stream is of a store that was
 * replaced; waiting until the stream gets there would hide all events until then.
 */
export async function whereToStart(
  bus: Bus,
  cursor: number | undefined,
): Promise<{ readonly from: number; readonly isLost: boolean }> {
  const last = await bus.lastSeq('EVENTS');
  return cursor === undefined || cursor > last
    ? { from: last, isLost: cursor !== undefined }
    : { from: cursor, isLost: false };
}
