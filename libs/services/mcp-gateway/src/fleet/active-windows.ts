import { matches } from '@proxmox-mcp/schemas';
import { markFreeText } from '../call/untrusted.ts';
import type { Mirror } from './mirror.ts';

/** Windows shown at most. */
const MAX_SHOWN = 20;

/** Maintenance windows that are open at `now` (epoch milliseconds), those that end first first. @param cluster only those that can touch it. */
export function activeWindows(mirror: Mirror, now: number, cluster?: string): unknown[] {
  const at = new Date(now).toISOString();
  return mirror
    .rows('maintenance')
    .filter(({ from, until, closedAt }) => from <= at && at < until && closedAt === undefined)
    .filter(
      ({ match }) =>
        cluster === undefined ||
        match.cluster === undefined ||
        matches({ cluster: match.cluster }, { cluster }),
    )
    .sort((a, b) => a.until.localeCompare(b.until))
    .slice(0, MAX_SHOWN)
    .map(({ id, match, until, effect, reason }) => markFreeText({ id, match, until, effect, reason }));
}
