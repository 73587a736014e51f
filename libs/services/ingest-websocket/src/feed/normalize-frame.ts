import {
  normalizePbsTask,
  normalizeTask,
  parseUpid,
  type NormalizeOptions,
} from '@proxmox-mcp/proxmox-events';
import type { NormalizeResult } from '@proxmox-mcp/schemas';

/**
 * Reads one frame of a feed: a task row, a list of them, or either under `data`. There is no such feed in Proxmox itself, so
 * nothing else is understood; what has no UPID is refused with the reason.
 */
export function normalizeFrame(raw: Buffer, options: NormalizeOptions): NormalizeResult {
  let value: unknown;
  try {
    value = JSON.parse(raw.toString('utf8'));
  } catch {
    return { reject: true, reason: 'invalid-json' };
  }
  const data = isRecord(value) && 'data' in value ? value['data'] : value;
  const rows: readonly unknown[] = Array.isArray(data) ? data : [data];
  const first = rows
    .map((row) => (isRecord(row) ? parseUpid(row['upid']) : undefined))
    .find((upid) => upid !== undefined);
  if (!first) return { reject: true, reason: 'not-a-task', detail: 'frame holds no row with a UPID' };
  const bare = Buffer.from(JSON.stringify(data));
  return first.product === 'pbs' ? normalizePbsTask(bare, options) : normalizeTask(bare, options);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
