import type { Event, Fact } from '@proxmox-mcp/schemas';
import { assembleFact } from '../facts/assemble-fact.ts';
import { guestPartId, identityOf, ownFactId } from '../facts/identity.ts';
import { NEIGHBOURHOOD_MS, isBackupNotification, matchNotifications } from '../facts/match-notification.ts';
import { backupWorkerOf, spanOfWorker, taskOfLine, workerLineOf } from '../facts/worker-line.ts';
import type { EventStore } from '../history/events.ts';
import type { FactStore } from '../history/facts.ts';

/** An event went from one fact to another. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

/** Finds the facts that events belong to, and moves those that a newcomer gives a better home. */
export interface Homes {
  /** Fact of a new event, before it is stored. */
  homeOf(event: Event): string;
  /** Other events, and the new one itself, whose home the new event shows to be elsewhere. Call it once it is stored. */
  movesAfter(event: Event, factId: string, isFirst: boolean): Move[];
}

/** Makes the finder over one history; everything belongs inside one transaction. */
export function createHomes(events: EventStore, facts: FactStore): Homes {
  function rehome(eventId: string, from: string, to: string): Move[] {
    if (from === to) return [];
    events.rehome(eventId, to);
    return [{ from, to }];
  }

  /** T2: lines of a worker that came before anything told of its task. */
  function adoptLines(upid: string): Move[] {
    const worker = backupWorkerOf(upid);
    if (worker === undefined) return [];
    return events.unbound(worker.node, 'backup.guest.', spanOfWorker(worker)).flatMap(({ event, fact }) => {
      const line = workerLineOf(event);
      return line?.pid === worker.pid ? rehome(event.id, fact, guestPartId(upid, line.vmid)) : [];
    });
  }

  /** T3: which notification tells of which task, asked again for the whole neighbourhood. */
  function rematch(event: Event, factId: string): Move[] {
    if (event.node === undefined) return [];
    const end = event.facts['endtime'];
    const times = [Date.parse(event.occurredAt), ...(typeof end === 'number' ? [end * 1000] : [])];
    const from = Math.min(...times) - NEIGHBOURHOOD_MS;
    const to = Math.max(...times) + NEIGHBOURHOOD_MS;
    const unbound = events.unbound(event.node, 'backup.job.', [from, to]);
    const notifications = unbound.filter((item) => isBackupNotification(item.event));
    if (notifications.length === 0) return [];
    const near = facts.ended('backup.job', event.node, [from - NEIGHBOURHOOD_MS, to + NEIGHBOURHOOD_MS]);
    const ids = new Set(near.filter((fact) => fact.upid !== undefined).map((fact) => fact.id));
    if (event.upid === factId) ids.add(factId);
    const tasks = [...ids].map(ownReport).filter((fact) => fact !== undefined);
    const matches = matchNotifications(
      notifications.map((item) => item.event),
      tasks,
    );
    return notifications.flatMap(({ event: { id }, fact }) =>
      rehome(id, fact, matches.get(id) ?? ownFactId(id)),
    );
  }

  /** The task as its own reports tell it, without what notifications brought. */
  function ownReport(upid: string): Fact | undefined {
    const own = events.membersOf(upid).filter((event) => event.upid === upid);
    return own.length === 0 ? undefined : { ...assembleFact(upid, own).fact, revision: 1 };
  }

  return {
    homeOf(event) {
      const { factId } = identityOf(event);
      const line = workerLineOf(event);
      const task = line && taskOfLine(line, facts.ofWorker(line.node, line.pid));
      return line && task !== undefined ? guestPartId(task, line.vmid) : factId;
    },
    movesAfter(event, factId, isFirst) {
      const { family, outcome } = identityOf(event);
      if (family !== 'backup.job' || event.product !== 'pve') return [];
      const adopted = isFirst && event.upid === factId ? adoptLines(factId) : [];
      const isEnd = outcome !== 'progress' && outcome !== 'started';
      return [...adopted, ...(isEnd ? rematch(event, factId) : [])];
    },
  };
}
