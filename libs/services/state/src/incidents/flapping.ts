import { compareSeverity, type Incident } from '@proxmox-mcp/schemas';
import { isOpen, type Held } from './change.ts';
import type { Memo } from './memo.ts';

/** What is back so soon after it was over is the same story. */
const SAME_STORY_MS = 10 * 60_000;

/** More openings than this within the window are one state and not one message each. */
const MAX_OPENINGS = 3;
const WINDOW_MS = 3_600_000;

/** Whatever it is by then, flapping is over when it has been so for this long. */
const QUIET_MS = 30 * 60_000;

/** A clock that differs may date a beginning before the end that it follows. */
const SLACK_MS = 60_000;

/** Ends that the lab itself told of: what a person or another incident ended is another story. */
const BY_ITSELF: ReadonlySet<string> = new Set(['recovered', 'succeeded']);

const BY_HAND: ReadonlySet<string> = new Set(['manual', 'merged']);

/**
 * Whether it is what a person has closed already, seen once more because everything is watched anew after a start: closed it stays
 * until it has been over, or is worse.
 */
export function isClosedByHand(last: Held | undefined, severity: Incident['severity']): boolean {
  if (last === undefined || !BY_HAND.has(last.incident.resolution ?? '')) return false;
  return last.memo.hasEnded !== true && compareSeverity(severity, last.incident.severity) <= 0;
}

/** What a beginning is to the incident of the same identity that was over last. */
export interface Beginning {
  readonly kind: 'new' | 'again' | 'flapping';
  /** When it began, this time included. */
  readonly openings: readonly number[];
}

/** Decides what a beginning is. Pure. @param since when it began, in milliseconds. */
export function beginningAfter(last: Held | undefined, since: number, now: number): Beginning {
  const alone = { kind: 'new' as const, openings: [now] };
  if (last === undefined || isOpen(last.incident)) return alone;
  const { resolution, resolvedAt } = last.incident;
  const endedAt = Date.parse(resolvedAt ?? '');
  if (!BY_ITSELF.has(resolution ?? '') || since < endedAt - SLACK_MS) return alone;
  const openings = [...(last.memo.openings ?? []), now].filter((at) => now - at < WINDOW_MS);
  if (openings.length > MAX_OPENINGS) return { kind: 'flapping', openings };
  return { kind: now - endedAt < SAME_STORY_MS ? 'again' : 'new', openings };
}

/** The memo of one that flaps and is bad, or over, once more; `undefined` where that is nothing new. */
export function turn(memo: Memo, isBad: boolean, now: number): Memo | undefined {
  if (memo.flapping === undefined || memo.flapping.isBad === isBad) return undefined;
  return { ...memo, flapping: { isBad, changedAt: now } };
}

/** Whether one that flaps has been quiet for long enough. */
export function isQuiet({ flapping }: Memo, now: number): boolean {
  return flapping !== undefined && now - flapping.changedAt >= QUIET_MS;
}

/** What an incident is, when nothing hides it. */
export function statusOf({ incident, memo }: Held): Incident['status'] {
  if (memo.flapping !== undefined) return 'flapping';
  return incident.acknowledgedAt === undefined ? 'open' : 'acknowledged';
}
