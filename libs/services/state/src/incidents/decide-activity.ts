import type { Activity } from './activity.ts';
import { isOpen, type Held } from './change.ts';
import { rememberFailure, settle, strengthOf, type Memo } from './memo.ts';

/** What is known when an ended activity is looked at. */
export interface Circumstances {
  /** The incident its fact is part of already. */
  readonly attached: Held | undefined;
  /** Unresolved incidents that may be about the same object. */
  readonly candidates: readonly Held[];
  /** Good runs that ended after it did: it may be an old failure that arrives late. */
  readonly newerRuns: readonly Activity[];
}

/** What an ended activity means for incidents. */
export type Decision =
  | { readonly kind: 'nothing' }
  /** A problem nobody has been told of. */
  | { readonly kind: 'open' }
  /** One more report, or one more run, of a known problem. */
  | { readonly kind: 'join'; readonly incident: Held }
  /** A good run: ends some incidents, and lets others wait for fewer guests. */
  | {
      readonly kind: 'settle';
      readonly settled: readonly Held[];
      readonly partly: readonly { held: Held; memo: Memo }[];
    };

/**
 * Decides what an ended activity means. Pure.
 *
 * A failure whose object is not known yet joins the only kind of incident it may belong to, rather than being told as a new one;
 * when later reports of it contradict that, it leaves and opens its own. So one failure is never told twice, and a second
 * problem is told a moment late at worst.
 */
export function decideActivity(
  activity: Activity,
  { attached, candidates, newerRuns }: Circumstances,
): Decision {
  if (activity.wentWell) return decideSettled(activity, candidates);
  if (attached && (!isOpen(attached.incident) || strengthOf(attached.memo, activity) !== undefined))
    return { kind: 'join', incident: attached };
  const [best] = candidates
    .map((held) => ({ held, strength: strengthOf(held.memo, activity) }))
    .filter((match) => match.strength !== undefined)
    .sort((a, b) => (b.strength ?? 0) - (a.strength ?? 0));
  if (best) return { kind: 'join', incident: best.held };
  return newerRuns.some((run) => isSettledBy(activity, run)) ? { kind: 'nothing' } : { kind: 'open' };
}

function decideSettled(activity: Activity, candidates: readonly Held[]): Decision {
  const settled: Held[] = [];
  const partly: { held: Held; memo: Memo }[] = [];
  for (const held of candidates) {
    const left = settle(held.memo, activity);
    if (left === 'settled') settled.push(held);
    else if (left !== undefined) partly.push({ held, memo: left });
  }
  return settled.length + partly.length === 0 ? { kind: 'nothing' } : { kind: 'settle', settled, partly };
}

function isSettledBy(failure: Activity, run: Activity): boolean {
  return settle(rememberFailure(undefined, failure), run) === 'settled';
}
