import type { Memo } from './memo.ts';
import type { Recovery, Trouble } from './trouble.ts';

/** Reporters remembered of one incident: the nodes of the largest cluster, the guests of one list. */
const MAX_SEEN_BY = 200;

/** What an incident knows, after a word of it, of who sees it and of when it may be taken for over. */
export function watched(
  memo: Memo,
  { at, lastAt = at, expiresAfter, seenBy }: Trouble,
  isFirst = false,
): Memo {
  const { expiresAt, ...rest } = memo;
  const last = Date.parse(lastAt);
  const until = expiresAfter === undefined ? undefined : last + expiresAfter * 1_000;
  // What lasts until its end is reported does not become a moment by a word of one.
  const isLasting = until === undefined || (!isFirst && expiresAt === undefined);
  const names = Object.entries({
    ...rest.seenBy,
    ...Object.fromEntries((seenBy ?? []).map((name) => [name, last])),
  });
  return {
    ...rest,
    ...(isLasting ? {} : { expiresAt: Math.max(until, expiresAt ?? 0) }),
    ...(names.length === 0 ? {} : { seenBy: Object.fromEntries(names.slice(-MAX_SEEN_BY)) }),
  };
}

/**
 * What a recovery leaves of an incident: `none` of it is left, `all` of it when the recovery is older or another's, or the memo of
 * those for whom it still holds.
 */
export function leftAfter(memo: Memo, { at, seenBy }: Recovery): 'none' | 'all' | Memo {
  const time = Date.parse(at);
  if (memo.seenBy === undefined || seenBy === undefined) return time < memo.lastFailureAt ? 'all' : 'none';
  const before = Object.entries(memo.seenBy);
  const left = before.filter(([name, last]) => !seenBy.includes(name) || time < last);
  if (left.length === before.length) return 'all';
  return left.length === 0 ? 'none' : { ...memo, seenBy: Object.fromEntries(left) };
}
