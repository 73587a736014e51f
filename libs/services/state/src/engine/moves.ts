import { ownFactId } from '../facts/identity.ts';
import type { EventStore } from '../history/events.ts';

/** Reports went from one fact to another. */
export interface Move {
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

/** Moves one report; nothing where it is there already. */
export function moveOne(events: EventStore, eventId: string, from: string, to: string): Move[] {
  if (from === to) return [];
  events.rehome(eventId, to);
  return [{ from, to, count: 1 }];
}

/**
 * The fact of reports that no task is known for: it is named after the one that we received first, which says the same whatever
 * order they are stored in, and does not change as more of them arrive.
 */
export function namedAfter(reports: readonly { readonly id: string; readonly receivedAt: number }[]): string {
  const first = reports.reduce((a, b) =>
    (b.receivedAt - a.receivedAt || (b.id < a.id ? -1 : 1)) < 0 ? b : a,
  );
  return ownFactId(first.id);
}
