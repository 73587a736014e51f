import { isDeepStrictEqual } from 'node:util';
import { subjects, type Event, type Fact } from '@proxmox-mcp/schemas';
import { assembleFact } from '../facts/assemble-fact.ts';
import { identityOf } from '../facts/identity.ts';
import type { EventStore } from '../history/events.ts';
import type { FactStore } from '../history/facts.ts';
import type { Outbox } from '../history/outbox.ts';
import type { Follower } from '../incidents/follower.ts';
import { createHomes } from './homes.ts';
import { conditionOf, type Trouble } from '../incidents/trouble.ts';

/**
 * What a replay brings to light opens incidents as long as it is still news, and is history beyond: nobody is to be woken for what
 * happened last week.
 */
const REPLAY_IS_NEWS_MS = 24 * 3_600_000;

/** What storing an event needs; all of it inside the caller's transaction. */
export interface IngestParts {
  readonly events: EventStore;
  readonly facts: FactStore;
  readonly outbox: Outbox;
  readonly follower: Follower;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Cluster of a node, where polling has told and the event does not. */
  readonly clusterOf: (node: string, product: Event['product']) => string | undefined;
  /** Whether what the trouble says is known to be over already. */
  readonly isOutdated: (trouble: Trouble) => boolean;
}

/**
 * Makes the step from event to fact to incident.
 *
 * @returns a function that stores one event and all that follows from it; a second time it does nothing and answers false.
 */
export function createIngest(parts: IngestParts): (event: Event, seq: number) => boolean {
  const { events, facts, outbox, follower } = parts;
  const homes = createHomes(events, facts);

  /** Facts made anew from their events; what no longer has any was merged into another. */
  function rebuild(factId: string, movedTo: string | undefined, isHistory: boolean): void {
    const before = facts.get(factId);
    const members = events.membersOf(factId);
    const assembled = members.length > 0 ? assembleFact(factId, members) : retired(before, movedTo);
    if (assembled === undefined) return;
    const { revision = 0, ...old } = before ?? ({} as Partial<Fact>);
    if (isDeepStrictEqual(old, assembled.fact)) return;
    const fact: Fact = { ...assembled.fact, revision: revision + 1 };
    facts.put(fact, assembled.family);
    outbox.owe({
      kind: 'fact',
      subject: subjects.fact(fact.type),
      id: `${fact.id}/${fact.revision}`,
      body: JSON.stringify(fact),
    });
    if (movedTo !== undefined && members.length === 0) return follower.merged(factId, movedTo);
    if (isHistory) return;
    follower.fact(fact);
    const condition = conditionOf(fact);
    if (condition === undefined) return;
    if ('recovery' in condition) follower.recovery(condition.recovery);
    else if ('detail' in condition) follower.detail(condition.detail);
    else if (before === undefined && !parts.isOutdated(condition.trouble))
      follower.trouble(condition.trouble);
  }

  function retired(before: Fact | undefined, movedTo: string | undefined) {
    if (before === undefined || movedTo === undefined) return undefined;
    const { revision: _, ...rest } = before;
    const links = [{ relation: 'same-incident' as const, to: movedTo }];
    return { fact: { ...rest, members: [], links, mergedInto: movedTo }, family: identityFamily(before) };
  }

  return (received, seq) => {
    const event = withCluster(received, parts.clusterOf);
    const factId = homes.homeOf(event);
    const isFirst = facts.get(factId) === undefined;
    const pid = event.facts['worker_pid'];
    const isNew = events.insert(event, {
      seq,
      fact: factId,
      isProgress: identityOf(event).outcome === 'progress',
      ...(typeof pid === 'number' && Number.isInteger(pid) ? { pid } : {}),
    });
    if (!isNew) return false;
    const isHistory =
      event.replayedAt !== undefined && parts.now() - Date.parse(event.occurredAt) > REPLAY_IS_NEWS_MS;
    const moves = homes.movesAfter(event, factId, isFirst);
    // What was left behind first: an incident goes along to the new home before that is looked at.
    for (const { from, to } of moves) rebuild(from, to, isHistory);
    const left = new Set(moves.map(({ from }) => from));
    for (const id of new Set([...moves.map(({ to }) => to), ...(left.has(factId) ? [] : [factId])]))
      rebuild(id, undefined, isHistory);
    return true;
  };
}

const identityFamily = (fact: Fact) => fact.type.slice(0, fact.type.lastIndexOf('.'));

function withCluster(event: Event, clusterOf: IngestParts['clusterOf']): Event {
  if (event.cluster !== undefined || event.node === undefined) return event;
  const cluster = clusterOf(event.node, event.product);
  return cluster === undefined ? event : { ...event, cluster };
}
