import type { EventDraft, NormalizeResult } from '@proxmox-mcp/schemas';
import { isRecord, readJson, unwrap, withCluster, type NormalizeOptions } from '../input.ts';
import { diffAnswers, type PollPair } from './diff-answers.ts';

/**
 * Compares two consecutive answers `{before, after}` of one polled endpoint; which one it is shows in its rows. Without `before`
 * the answer is the baseline and nothing happened. `poll_times` (epoch seconds) says when both were given, where that matters.
 */
export function normalizeResources(raw: Buffer, options: NormalizeOptions): NormalizeResult {
  const read = readJson(raw);
  if ('refusal' in read) return read.refusal;
  if (!isRecord(read.value) || !('after' in read.value))
    return { reject: true, reason: 'not-a-poll-pair', detail: 'expected {before, after}' };
  const before = unwrap(read.value['before']);
  const after = unwrap(read.value['after']);
  // No list is no news: a failed poll says nothing of what it would have listed.
  if (!isAnswer(after)) return { ignore: true, reason: 'poll-without-list' };
  if (!isAnswer(before)) return { events: [] };
  const [beforeMs, afterMs] = pollTimes(read.value['poll_times'], options.receivedAt);
  const node = options.context?.['node'];
  const product = options.context?.['product'];
  const pair: PollPair = {
    before,
    after,
    beforeMs,
    afterMs,
    ...(typeof node === 'string' && { node }),
    ...((product === 'pve' || product === 'pbs') && { product }),
  };
  return { events: diffAnswers(pair).map((event) => withCluster(stamped(event, afterMs), options)) };
}

/** A list, or one object as `ceph/status` and `subscription` give it. An error has neither. */
function isAnswer(value: unknown): value is readonly unknown[] | Readonly<Record<string, unknown>> {
  return (
    Array.isArray(value) ||
    (isRecord(value) && ('health' in value || 'status' in value) && !('reason' in value))
  );
}

function pollTimes(given: unknown, receivedAt: number): [number, number] {
  const [before, after] = Array.isArray(given) ? (given as readonly unknown[]) : [];
  const ms = (value: unknown) => (typeof value === 'number' ? value * 1000 : receivedAt);
  return [ms(before), ms(after)];
}

/** A subject alone would make the same event of the next time it happens. */
function stamped(event: EventDraft, afterMs: number): EventDraft {
  return event.identity === undefined
    ? event
    : { ...event, identity: `${event.type}/${event.node ?? ''}/${event.identity}/${afterMs}` };
}
