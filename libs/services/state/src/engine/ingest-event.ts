import { subjects, type Event, type Fact } from '@proxmox-mcp/schemas';
import type { Topology } from '../facts/topology.ts';
import type { EventStore } from '../history/events.ts';
import type { FactStore } from '../history/facts.ts';
import type { Outbox } from '../history/outbox.ts';
import type { PlaceStore } from '../history/places.ts';
import type { Follower } from '../incidents/follower.ts';
import { goneByTask } from '../incidents/gone.ts';
import { guestStarted } from '../incidents/guest-started.ts';
import type { Trouble } from '../incidents/trouble.ts';
import type { FactReader } from '../rules/read-fact.ts';
import { createCorrelation, type Correlation, type FactChange } from './correlate.ts';

/**
 * What a replay brings to light opens incidents as long as it is still news, and is history beyond: nobody is to be woken for what
 * happened last week.
 */
const REPLAY_IS_NEWS_MS = 24 * 3_600_000;

/** What storing an event needs; all of it inside the caller's transaction. */
export interface IngestParts {
  readonly events: EventStore;
  readonly facts: FactStore;
  readonly places: PlaceStore;
  readonly outbox: Outbox;
  readonly follower: Follower;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly topology: () => Topology;
  readonly reader: FactReader;
  /** Cluster of a node, where polling has told and the event does not. */
  readonly clusterOf: (node: string, product: Event['product']) => string | undefined;
  /** Whether what the trouble says is known to be over already. */
  readonly isOutdated: (trouble: Trouble) => boolean;
  readonly onCut?: (key: string) => void;
}

/** Makes the step from event to fact to incident. */
export function createIngest(parts: IngestParts): Correlation {
  const { outbox, follower } = parts;
  const correlation = createCorrelation({ ...parts, onFact: tell });
  /** Reports of this transaction that a replay brought. */
  const replayed = new Set<string>();

  function tell({ fact, before, isRelinked }: FactChange): void {
    outbox.owe({
      kind: 'fact',
      subject: subjects.fact(fact.type),
      id: `${fact.id}/${fact.revision}`,
      body: JSON.stringify(fact),
    });
    if (fact.mergedInto !== undefined) return follower.merged(fact.id, fact.mergedInto);
    if (isHistory(fact)) return;
    follower.fact(fact);
    if (isRelinked) return;
    const started = guestStarted(fact);
    if (started) follower.recovery(started);
    const gone = goneByTask(fact);
    if (gone) follower.gone(gone);
    for (const verdict of parts.reader.read(fact)) {
      if ('recovery' in verdict) follower.recovery(verdict.recovery);
      else if ('detail' in verdict) follower.detail(verdict.detail);
      else tellTrouble(verdict.trouble, fact, before);
    }
  }

  function tellTrouble(trouble: Trouble, fact: Fact, before: Fact | undefined): void {
    if (!isNews(fact, before) && trouble.isGrowing !== true) return follower.again(trouble);
    if (parts.isOutdated(trouble) || parts.reader.isOver(fact, trouble)) return;
    follower.trouble(trouble);
  }

  /** Told by a replay, and of a time whose incidents nobody waits for any more. */
  function isHistory({ members, startedAt, endedAt = startedAt }: Fact): boolean {
    return parts.now() - Date.parse(endedAt) > REPLAY_IS_NEWS_MS && members.some((id) => replayed.has(id));
  }

  return {
    store(received, seq) {
      const event = withCluster(received, parts.clusterOf);
      if (event.replayedAt !== undefined) replayed.add(event.id);
      return correlation.store(event, seq);
    },
    renew() {
      correlation.renew();
      replayed.clear();
    },
    forget() {
      correlation.forget();
      replayed.clear();
    },
  };
}

/** A condition is told when it begins and when it becomes another one: a node that is being fenced, and has been. */
function isNews(fact: FactChange['fact'], before: FactChange['before']): boolean {
  return before === undefined || before.mergedInto !== undefined || before.type !== fact.type;
}

function withCluster(event: Event, clusterOf: IngestParts['clusterOf']): Event {
  if (event.cluster !== undefined || event.node === undefined) return event;
  const cluster = clusterOf(event.node, event.product);
  return cluster === undefined ? event : { ...event, cluster };
}
