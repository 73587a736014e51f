import type { NormalizeResult } from '@proxmox-mcp/schemas';

const HOUR_MS = 3_600_000;

/**
 * Whether all that a delivery tells was made longer than `maxHours` before it came. An alert that still fires is not old
 * however long it does.
 *
 * @param maxHours 0: nothing is too old.
 */
export function isStale(result: NormalizeResult, maxHours: number, receivedAt: number): boolean {
  if (maxHours === 0 || !('events' in result) || result.events.length === 0) return false;
  const oldest = (receivedAt - maxHours * HOUR_MS) / 1000;
  return result.events.every(
    ({ at, facts }) => at !== undefined && at < oldest && facts['status'] !== 'firing',
  );
}
