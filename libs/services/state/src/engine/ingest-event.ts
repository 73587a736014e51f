import { isDeepStrictEqual } from 'node:util';
import { subjects, type Event, type Fact } from '@proxmox-mcp/schemas';
import { assembleFact } from '../facts/assemble-fact.ts';
import { identityOf, ownFactId } from '../facts/identity.ts';
import { NEIGHBOURHOOD_MS, isBackupNotification, matchNotifications } from '../facts/match-notification.ts';
import type { EventStore } from '../history/events.ts';
import type { FactStore } from '../history/facts.ts';
import type { Outbox } from '../history/outbox.ts';
import type { Follower } from '../incidents/follower.ts';
import { conditionOf, type Trouble } from '../incidents/trouble.ts';

/** What storing an event needs; all of it inside the caller's transaction. */
export interface IngestParts {
  readonly events: EventStore;
  readonly facts: FactStore;
  readonly outbox: Outbox;
  readonly follower: Follower;
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

  /** Facts made anew from their events; what no longer has any was merged into another. */
  function rebuild(factId: string, movedTo: string | undefined): void {
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
    follower.fact(fact);
    const condition = conditionOf(fact);
    if (condition && 'recovery' in condition) follower.recovery(condition.recovery);
    else if (condition && before === undefined && !parts.isOutdated(condition.trouble))
      follower.trouble(condition.trouble);
  }

  function retired(before: Fact | undefined, movedTo: string | undefined) {
    if (before === undefined || movedTo === undefined) return undefined;
    const { revision: _, ...rest } = before;
    const links = [{ relation: 'same-incident' as const, to: movedTo }];
    return { fact: { ...rest, members: [], links, mergedInto: movedTo }, family: identityFamily(before) };
  }

  /** Asks again which backup notification tells of which task. @returns moves: fact → fact. */
  function rematch(event: Event, factId: string): Map<string, string> {
    const moves = new Map<string, string>();
    if (event.node === undefined) return moves;
    const at = Date.parse(event.occurredAt);
    const end = event.facts['endtime'];
    const times = [at, ...(typeof end === 'number' ? [end * 1000] : [])];
    const from = Math.min(...times) - NEIGHBOURHOOD_MS;
    const to = Math.max(...times) + NEIGHBOURHOOD_MS;
    const unbound = events.unbound(event.node, 'backup.job.', [from, to]);
    const notifications = unbound.filter((item) => isBackupNotification(item.event));
    if (notifications.length === 0) return moves;
    const near = facts.ended('backup.job', event.node, [from - NEIGHBOURHOOD_MS, to + NEIGHBOURHOOD_MS]);
    const ids = new Set(near.filter((fact) => fact.upid !== undefined).map((fact) => fact.id));
    if (event.upid === factId) ids.add(factId);
    const tasks = [...ids].map((id) => ownReport(id)).filter((fact) => fact !== undefined);
    const matches = matchNotifications(
      notifications.map((item) => item.event),
      tasks,
    );
    for (const { event: notification, fact } of notifications) {
      const home = matches.get(notification.id) ?? ownFactId(notification.id);
      if (home === fact) continue;
      events.rehome(notification.id, home);
      moves.set(fact, home);
    }
    return moves;
  }

  function ownReport(upid: string): Fact | undefined {
    const own = events.membersOf(upid).filter((event) => event.upid === upid);
    return own.length === 0 ? undefined : { ...assembleFact(upid, own).fact, revision: 1 };
  }

  return (received, seq) => {
    const event = withCluster(received, parts.clusterOf);
    const { factId, family, outcome } = identityOf(event);
    const pid = event.facts['worker_pid'];
    const isNew = events.insert(event, {
      seq,
      fact: factId,
      isProgress: outcome === 'progress',
      ...(typeof pid === 'number' && Number.isInteger(pid) ? { pid } : {}),
    });
    if (!isNew) return false;
    const isMatchable =
      family === 'backup.job' && event.product === 'pve' && outcome !== 'progress' && outcome !== 'started';
    const moves = isMatchable ? rematch(event, factId) : new Map<string, string>();
    for (const [from, to] of moves) rebuild(from, to);
    for (const id of new Set([...moves.values(), ...(moves.has(factId) ? [] : [factId])]))
      rebuild(id, undefined);
    return true;
  };
}

const identityFamily = (fact: Fact) => fact.type.slice(0, fact.type.lastIndexOf('.'));

function withCluster(event: Event, clusterOf: IngestParts['clusterOf']): Event {
  if (event.cluster !== undefined || event.node === undefined) return event;
  const cluster = clusterOf(event.node, event.product);
  return cluster === undefined ? event : { ...event, cluster };
}
