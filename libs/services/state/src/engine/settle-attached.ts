import { identityOf } from '../facts/identity.ts';
import { timeOf, type AttachKey, type Spot, type Task } from '../facts/keys/key.ts';
import type { EventStore, Kept } from '../history/events.ts';
import type { PlaceStore } from '../history/places.ts';
import { moveOne, type Move } from './moves.ts';
import { TASK } from './settle-cluster.ts';

/** Tasks of one worker process, or uploads of one group, that a report is held against: the newest. */
const MAX_TASKS = 20;

/** Reports of one task looked at anew when it shows when it ended; a backup of a thousand guests has two thousand lines. */
const MAX_LINES = 4_000;

export interface AttachParts {
  readonly events: EventStore;
  readonly places: PlaceStore;
  readonly taskOf: (upid: string) => Task | undefined;
}

/** Finds the task of one report. */
export function attach(key: AttachKey, kept: Kept, place: string, parts: AttachParts): Move[] {
  const at = timeOf(kept.event);
  const span = [at - key.reachMs.after, at + key.reachMs.before] as const;
  const tasks = parts.places
    .within(place, span, MAX_TASKS * 4)
    .filter(({ tag }) => tag === TASK)
    .slice(-MAX_TASKS)
    .flatMap(({ item }) => parts.taskOf(item) ?? []);
  const home = key.choose(kept.event, tasks);
  const to = home === undefined ? identityOf(kept.event).factId : key.homeOf(kept.event, home.upid);
  return moveOne(parts.events, kept.event.id, kept.fact, to);
}

/** Asks again for all reports that may be of a task, once it is known or its end is. */
export function attachAll(key: AttachKey, { place, at }: Spot, parts: AttachParts): Move[] {
  const span = [at - key.reachMs.before, at + key.reachMs.after] as const;
  return parts.places
    .within(place, span, MAX_LINES)
    .filter(({ tag }) => tag !== TASK)
    .flatMap(({ item }) => {
      const kept = parts.events.get(item);
      return kept === undefined ? [] : attach(key, kept, place, parts);
    });
}
