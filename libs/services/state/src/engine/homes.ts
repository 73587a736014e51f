import { isDeepStrictEqual } from 'node:util';
import { parseUpid, type Upid } from '@proxmox-mcp/proxmox-events';
import type { Event } from '@proxmox-mcp/schemas';
import { identityOf } from '../facts/identity.ts';
import { timeOf, type ClusterKey, type Spot, type Task } from '../facts/keys/key.ts';
import { KEYS, keyOf } from '../facts/keys/keys.ts';
import { taskOf } from '../facts/task.ts';
import type { EventStore } from '../history/events.ts';
import type { PlaceStore } from '../history/places.ts';
import type { Move } from './moves.ts';
import { attach, attachAll } from './settle-attached.ts';
import { settleInChain } from './settle-chain.ts';
import { TASK, settleCluster } from './settle-cluster.ts';

/** Finds the facts that reports belong to, and moves those to which a newcomer gives a better home. */
export interface Homes {
  /** Settles a report that has just been stored, in the fact that its identity names. Call it inside the same transaction. */
  settle(event: Event, fact: string): Move[];
}

export interface HomesParts {
  readonly events: EventStore;
  readonly places: PlaceStore;
  /** There was more near a report than is looked at; named by the key. */
  readonly onCut?: (key: string) => void;
}

/** UPIDs remembered. */
const MAX_PARSED = 1_000;

const ATTACHING = KEYS.filter((key) => key.kind === 'attach');
const MATCHING = KEYS.filter((key) => key.kind === 'cluster').filter((key) => key.spotsOf !== undefined);

/**
 * Makes the finder over one history. What belongs together follows from the set of reports: whenever one arrives, all that it may
 * have to do with is asked again, and the answer is that of a fresh start.
 */
export function createHomes({ events, places, onCut = () => undefined }: HomesParts): Homes {
  const parsed = new Map<string, Upid | undefined>();

  /** A report without a UPID goes by its key, if there is one. */
  function settleReport(event: Event, fact: string): Move[] {
    const placed = keyOf(event);
    if (placed === undefined) return [];
    const { key, place } = placed;
    const at = timeOf(event);
    if (key.kind === 'chain') {
      const link = key.linkOf(event);
      return link === undefined ? [] : settleInChain(event, fact, { ...link, place }, { events, places });
    }
    places.put(place, { at, item: event.id, tag: '' });
    const parts = { events, places, taskOf: remembering(), onCut };
    return key.kind === 'attach'
      ? attach(key, { event, fact }, place, parts)
      : settleCluster(key, { place, at }, parts);
  }

  /** A task is known, or known better: whoever may be of it is asked anew. */
  function settleTask(event: Event, upid: string): Move[] {
    const parsed = parse(upid);
    if (parsed === undefined) return [];
    const tasks = remembering();
    const parts = { events, places, taskOf: tasks, onCut };
    const moves: Move[] = [];
    // It tells nothing that the UPID does not.
    const { outcome } = identityOf(event);
    const isBeginning = outcome === 'started' || outcome === 'progress';
    for (const key of ATTACHING) {
      const spot = spotIn(key.name, key.spotOf(parsed));
      if (spot === undefined) continue;
      const isFirst = places.put(spot.place, { at: spot.at, item: upid, tag: TASK });
      if (isFirst || (!isBeginning && key.heeds(event))) moves.push(...attachAll(key, spot, parts));
    }
    if (isBeginning) return moves;
    for (const key of MATCHING) {
      if (key.concerns?.(parsed, event) === false) continue;
      const others = events.ownReports(upid).filter(({ id }) => id !== event.id);
      const before = spotsIn(key, taskOf(parsed, others));
      const now = spotsIn(key, tasks(upid));
      const has = (spots: readonly Spot[], spot: Spot) =>
        spots.some((other) => isDeepStrictEqual(spot, other));
      const left = before.filter((spot) => !has(now, spot));
      for (const spot of left) places.remove(spot.place, { at: spot.at, item: upid });
      for (const spot of now) places.put(spot.place, { at: spot.at, item: upid, tag: TASK });
      for (const spot of [...left, ...now]) moves.push(...settleCluster(key, spot, parts));
    }
    return moves;
  }

  /** Reads each task once. */
  function remembering(): (upid: string) => Task | undefined {
    const known = new Map<string, Task | undefined>();
    return (upid) => {
      if (!known.has(upid)) {
        const parsed = parse(upid);
        known.set(upid, parsed && taskOf(parsed, reportsOf(upid)));
      }
      return known.get(upid);
    };
  }

  /** A task may be known by its progress alone. */
  function reportsOf(upid: string): Event[] {
    const reports = events.ownReports(upid);
    const progress = reports.length > 0 ? undefined : events.progressOf(upid);
    return progress === undefined ? reports : [progress];
  }

  /** A task is heard of several times in a row. */
  function parse(upid: string): Upid | undefined {
    if (parsed.size >= MAX_PARSED) parsed.clear();
    if (!parsed.has(upid)) parsed.set(upid, parseUpid(upid));
    return parsed.get(upid);
  }

  return {
    settle: (event, fact) =>
      event.upid === undefined ? settleReport(event, fact) : settleTask(event, event.upid),
  };
}

const spotIn = (name: string, spot: Spot | undefined): Spot | undefined =>
  spot && { ...spot, place: `${name}/${spot.place}` };

function spotsIn(key: ClusterKey, task: Task | undefined): Spot[] {
  if (task === undefined) return [];
  return (key.spotsOf?.(task) ?? []).map((spot) => ({ ...spot, place: `${key.name}/${spot.place}` }));
}
