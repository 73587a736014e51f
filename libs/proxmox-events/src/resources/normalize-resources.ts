import type { EventDraft, NormalizeResult } from '@proxmox-mcp/schemas';
import { isRecord, readJson, unwrap, withCluster, type NormalizeOptions } from '../input.ts';
import { diffDatastores, readDatastores } from './diff-datastores.ts';
import { diffQuorum, readQuorum } from './diff-ha-status.ts';
import { diffResources } from './diff-resources.ts';
import { readResources } from './snapshot.ts';

/**
 * Compares two consecutive answers `{before, after}` of one polled endpoint: cluster/resources, ha/status/current,
 * cluster/status, or datastore-usage of PBS. Without `before` the answer is the baseline and nothing happened.
 */
export function normalizeResources(raw: Buffer, options: NormalizeOptions): NormalizeResult {
  const read = readJson(raw);
  if ('refusal' in read) return read.refusal;
  if (!isRecord(read.value) || !('after' in read.value))
    return { reject: true, reason: 'not-a-poll-pair', detail: 'expected {before, after}' };
  const before = unwrap(read.value['before']);
  const after = unwrap(read.value['after']);
  // No list is no news: a failed poll says nothing of what it would have listed.
  if (!Array.isArray(after)) return { ignore: true, reason: 'poll-without-list' };
  if (!Array.isArray(before)) return { events: [] };
  return { events: diff(before, after, options).map((event) => withCluster(event, options)) };
}

function diff(
  before: readonly unknown[],
  after: readonly unknown[],
  options: NormalizeOptions,
): readonly EventDraft[] {
  const rows = [...before, ...after].filter(isRecord);
  if (rows.some((row) => 'store' in row)) {
    const node = options.context?.['node'];
    const name = typeof node === 'string' ? node : undefined;
    return diffDatastores(readDatastores(before), readDatastores(after), name).events;
  }
  if (rows.some((row) => row['type'] === 'quorum' || row['type'] === 'cluster'))
    return diffQuorum(readQuorum(before), readQuorum(after));
  return diffResources(readResources(before), readResources(after)).events;
}
