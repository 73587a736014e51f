import type { NormalizeResult, Product } from '@proxmox-mcp/schemas';
import { isRecord, readJson, unwrap, withCluster, type NormalizeOptions } from '../input.ts';
import type { Upid } from '../upid/parse-upid.ts';
import { diffTaskLists, readTaskList } from './task-list.ts';
import { BadTaskRow, draftOfRow, readTaskRow } from './task-row.ts';

/** Reads one PVE task row, a list of them, a status answer, or a pair of polls `{previous, current}`. */
export function normalizeTask(raw: Buffer, options: NormalizeOptions): NormalizeResult {
  return normalize(raw, 'pve', options);
}

/** The same for PBS, whose lists name the fields otherwise. */
export function normalizePbsTask(raw: Buffer, options: NormalizeOptions): NormalizeResult {
  return normalize(raw, 'pbs', options);
}

/** The call that tells what became of a task that is no longer listed. */
export function statusCall(upid: Upid): { method: 'GET'; path: string; upid: string; node: string } {
  const node = upid.product === 'pbs' ? 'localhost' : upid.node;
  return {
    method: 'GET',
    path: `/nodes/${node}/tasks/${encodeURIComponent(upid.text)}/status`,
    upid: upid.text,
    node: upid.node,
  };
}

function normalize(raw: Buffer, product: Product, options: NormalizeOptions): NormalizeResult {
  const read = readJson(raw);
  if ('refusal' in read) return read.refusal;
  const { value } = read;
  if (isRecord(value) && 'current' in value)
    return normalizePair(value['previous'], value['current'], product, options);
  const data = unwrap(value);
  if (Array.isArray(data)) {
    const { rows, rejected } = readTaskList(data, product);
    const events = rows.map((row) => withCluster(draftOfRow(row), options));
    return { events, ...(rejected > 0 && { rejected }) };
  }
  try {
    // What the adapter knows where a status answer does not say when.
    const noticed = options.context?.['noticed_at'];
    const draft = draftOfRow(readTaskRow(data, product), typeof noticed === 'number' ? noticed : undefined);
    return { events: [withCluster(draft, options)] };
  } catch (error) {
    if (!(error instanceof BadTaskRow)) throw error;
    return { reject: true, reason: error.reason, detail: error.message };
  }
}

function normalizePair(
  previous: unknown,
  current: unknown,
  product: Product,
  options: NormalizeOptions,
): NormalizeResult {
  const after = unwrap(current);
  // No list is no news: a failed poll ends nothing.
  if (!Array.isArray(after)) return { ignore: true, reason: 'poll-without-list' };
  const before = unwrap(previous);
  const now = readTaskList(after, product);
  const rejected = now.rejected > 0 && { rejected: now.rejected };
  // The first answer of a source is what is, not what happened.
  if (!Array.isArray(before)) return { events: [], ...rejected };
  const { events, vanished } = diffTaskLists(readTaskList(before, product).rows, now.rows);
  return {
    events: events.map((event) => withCluster(event, options)),
    ...rejected,
    ...(vanished.length > 0 && { follow_up: vanished.map(statusCall) }),
  };
}
