import { subjects, type Event } from '@proxmox-mcp/schemas';
import type { Topology } from '../facts/topology.ts';
import type { EventStore } from '../history/events.ts';
import type { FactStore } from '../history/facts.ts';
import type { Outbox } from '../history/outbox.ts';
import type { PlaceStore } from '../history/places.ts';
import type { Follower } from '../incidents/follower.ts';
import { conditionOf, type Trouble } from '../incidents/trouble.ts';
import { createCorrelation, type Correlation, type FactChange } from './correlate.ts';

/** What storing an event needs; all of it inside the caller's transaction. */
export interface IngestParts {
  readonly events: EventStore;
  readonly facts: FactStore;
  readonly places: PlaceStore;
  readonly outbox: Outbox;
  readonly follower: Follower;
  readonly topology: () => Topology;
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

  function tell({ fact, before, isRelinked }: FactChange): void {
    outbox.owe({
      kind: 'fact',
      subject: subjects.fact(fact.type),
      id: `${fact.id}/${fact.revision}`,
      body: JSON.stringify(fact),
    });
    if (fact.mergedInto !== undefined) return follower.merged(fact.id, fact.mergedInto);
    follower.fact(fact);
    const condition = isRelinked ? undefined : conditionOf(fact);
    if (condition === undefined) return;
    if ('recovery' in condition) follower.recovery(condition.recovery);
    else if ('detail' in condition) follower.detail(condition.detail);
    else if (isNews(fact, before) && !parts.isOutdated(condition.trouble))
      follower.trouble(condition.trouble);
  }

  return {
    ...correlation,
    store: (event, seq) => correlation.store(withCluster(event, parts.clusterOf), seq),
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
