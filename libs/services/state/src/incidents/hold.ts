import type { HeldTroubles } from '../history/held-troubles.ts';
import type { IncidentStore } from '../history/incidents.ts';
import { isSameCluster, isSeenByAny, keyOf, placeOf } from './place.ts';
import type { Recovery, Trouble } from './trouble.ts';

/** Keeps troubles back until they have lasted as long as their rule wants. */
export interface Hold {
  /** @returns false: it is not to wait, or too many do. */
  keep(trouble: Trouble): boolean;
  /** Forgets what is over. @returns what had lasted long enough by then, for anybody, and has not been told: looks come late. */
  end(recovery: Recovery): Trouble[];
  /** Gives what has lasted long enough, the longest first: what is told explains what comes after it. */
  take(tell: (trouble: Trouble) => void): void;
  isDue(): boolean;
  /** Forgets what waits about an object that is not there any more. */
  forget(object: Pick<Trouble, 'cluster' | 'object'>): void;
}

/** Troubles that wait at one time; beyond, new ones are told at once. */
const MAX_HELD = 20_000;
/** What is explained waits on for as long as it is to hold, and a minute at least. */
const LEAST_WAIT_MS = 60_000;

/** Makes the hold over one history. Everything belongs inside one transaction. */
export function createHold(
  held: HeldTroubles,
  incidents: IncidentStore,
  {
    now,
    isSilent,
  }: {
    readonly now: () => number;
    readonly isSilent: (cluster: string | undefined, node: string) => boolean;
  },
): Hold {
  const waitOf = ({ holdsFor = 0 }: Trouble) => holdsFor * 1_000;

  /** What has just ended explains as well: storages of a node that is back take a moment to be seen. */
  function isExplained(trouble: Trouble): boolean {
    const since = now() - Math.max(waitOf(trouble), LEAST_WAIT_MS);
    return (trouble.unless ?? []).some(
      ({ condition, node }) =>
        (node !== undefined && isSilent(trouble.cluster, node)) ||
        [
          ...incidents.openOf(condition, trouble.cluster),
          ...incidents.endedOf(condition, trouble.cluster, since),
          // One that waits to be told explains as well.
          ...held
            .of(condition)
            .map((one) => one.trouble)
            .filter(({ cluster }) => isSameCluster(cluster, trouble.cluster)),
        ].some((incident) => node === undefined || incident.node === node),
    );
  }

  return {
    keep(trouble) {
      if (waitOf(trouble) === 0) return false;
      const key = `${keyOf(trouble)}|${trouble.seenBy?.join() ?? ''}`;
      const before = held.get(key);
      if (before === undefined && held.count() >= MAX_HELD) return false;
      const at = before === undefined || trouble.at < before.trouble.at ? trouble.at : before.trouble.at;
      // A clock that is ahead must not make it wait for longer.
      const due = before?.due ?? Math.min(Date.parse(at), now()) + waitOf(trouble);
      held.put({ key, place: placeOf(trouble), due, trouble: { ...trouble, at } });
      return true;
    },
    end(recovery) {
      const at = Date.parse(recovery.at);
      const lasting: Trouble[] = [];
      for (const { key, due, trouble } of held.at(placeOf(recovery))) {
        if (!isSameCluster(trouble.cluster, recovery.cluster)) continue;
        const isLasting = due <= at && !isExplained(trouble);
        const isOver = isSeenByAny(trouble.seenBy, recovery.seenBy) && trouble.at <= recovery.at;
        if (isLasting) lasting.push(trouble);
        if (isLasting || isOver) held.remove(key);
      }
      return lasting;
    },
    take(tell) {
      for (const one of held.due(now())) {
        if (isExplained(one.trouble))
          held.put({ ...one, due: now() + Math.max(waitOf(one.trouble), LEAST_WAIT_MS) });
        else {
          held.remove(one.key);
          tell(one.trouble);
        }
      }
    },
    forget({ cluster, object }) {
      held.removeUnder(`${cluster ?? ''}|${object}|`);
    },
    isDue: () => held.due(now()).length > 0,
  };
}
