import type { Event, Fact } from '@proxmox-mcp/schemas';
import { assembleFact } from '../facts/assemble-fact.ts';
import { guestPartId, identityOf, ownFactId, type Identity } from '../facts/identity.ts';
import { NEIGHBOURHOOD_MS, isBackupNotification, matchNotifications } from '../facts/match-notification.ts';
import {
  PBS_FAMILIES,
  PBS_WINDOW_MS,
  isErrorOf,
  isNamelessError,
  isPbsNotification,
  matchPbsNotification,
} from '../facts/pbs-reports.ts';
import { OUTAGE_SPAN_MS, OUTAGE_TYPES, isOutageReport, outageOf } from '../facts/storage-outage.ts';
import {
  backupWorkerOf,
  spanOfWorker,
  taskOfLine,
  workerLineOf,
  type WorkerLine,
} from '../facts/worker-line.ts';
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

const FENCING: ReadonlySet<string> = new Set(['node.fence.started', 'node.fence.succeeded']);

/** Reports of one fencing lie this close together (PROXMOX §G.5). */
const FENCING_SPAN_MS = 10 * 60_000;

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
    const span = spanOfWorker(worker);
    return ['backup.guest.', 'backup.job.'].flatMap((prefix) =>
      events.unbound(worker.node, prefix, span).flatMap(({ event, fact }) => {
        const line = workerLineOf(event);
        return line?.pid === worker.pid ? rehome(event.id, fact, homeOfLine(line, upid)) : [];
      }),
    );
  }

  /** T3: which notification tells of which task, asked again for the whole neighbourhood. */
  function rematch(event: Event, factId: string): Move[] {
    if (event.node === undefined) return [];
    const [from, to] = neighbourhood(event);
    const unbound = events.unbound(event.node, 'backup.job.', [from, to]);
    const notifications = unbound.filter((item) => isBackupNotification(item.event));
    if (notifications.length === 0) return [];
    const tasks = tasksNear(event, factId, [from, to]);
    const matches = matchNotifications(
      notifications.map((item) => item.event),
      tasks,
    );
    return notifications.flatMap(({ event: { id }, fact }) =>
      rehome(id, fact, matches.get(id) ?? ownFactId(id)),
    );
  }

  /** The same for PBS, and the lines of its daemon that name neither. */
  function rematchPbs(event: Event, factId: string): Move[] {
    const { node } = event;
    if (node === undefined) return [];
    const span = neighbourhood(event);
    const { family } = identityOf(event);
    const notifications = events
      .unbound(node, `${family}.`, span)
      .filter((item) => isPbsNotification(item.event));
    const tasks = notifications.length > 0 ? tasksNear(event, factId, span) : [];
    const moves = notifications.flatMap((item) => {
      const { id } = item.event;
      return rehome(id, item.fact, matchPbsNotification(item.event, tasks) ?? ownFactId(id));
    });
    const home = moves.find(({ from }) => from === factId && isPbsNotification(event))?.to ?? factId;
    const lines = events
      .unbound(node, 'task.failed', span)
      .filter((item) => isNamelessError(item.event) && isErrorOf(item.event, event));
    return [...moves, ...lines.flatMap(({ event: { id }, fact }) => rehome(id, fact, home))];
  }

  function tasksNear(event: Event, factId: string, [from, to]: readonly [number, number]): Fact[] {
    const { family } = identityOf(event);
    const near = facts.ended(family, event.node ?? '', [from - NEIGHBOURHOOD_MS, to + NEIGHBOURHOOD_MS]);
    const ids = new Set(near.filter((fact) => fact.upid !== undefined).map((fact) => fact.id));
    if (event.upid === factId) ids.add(factId);
    return [...ids].map(ownReport).filter((fact) => fact !== undefined);
  }

  /** The task as its own reports tell it, without what notifications brought. */
  function ownReport(upid: string): Fact | undefined {
    const own = events.membersOf(upid).filter((event) => event.upid === upid);
    return own.length === 0 ? undefined : { ...assembleFact(upid, own).fact, revision: 1 };
  }

  /** What a nameless error of a PBS is about, where that is known already. */
  function errorHome(line: Event): string | undefined {
    const { node } = line;
    if (node === undefined) return undefined;
    const at = Date.parse(line.occurredAt);
    const near = PBS_FAMILIES.flatMap((family) =>
      facts.ended(family, node, [at - PBS_WINDOW_MS, at + PBS_WINDOW_MS]),
    );
    return near.find((fact) => !isNamelessError(fact) && isErrorOf(line, fact))?.id;
  }

  function outageHome(report: Event): string | undefined {
    const { node } = report;
    if (node === undefined) return undefined;
    const at = Date.parse(report.occurredAt);
    const span = [at - OUTAGE_SPAN_MS, at + OUTAGE_SPAN_MS] as const;
    const outages = OUTAGE_TYPES.flatMap((type) => facts.ended(type, node, span))
      .filter((fact) => fact.storage === report.storage)
      .map((fact) => ({
        fact,
        reports: events.membersOf(fact.id).map((event) => Date.parse(event.occurredAt)),
      }));
    if (outages.length === 0) return undefined;
    const ends = facts
      .ended('storage.state.available', node, span)
      .filter((fact) => fact.storage === report.storage)
      .map((fact) => Date.parse(fact.startedAt));
    return outageOf(report, outages, ends);
  }

  /** T5: log line and notification of one fencing. */
  function fencingHome({ type, node, cluster, occurredAt }: Event): string | undefined {
    if (node === undefined) return undefined;
    const at = Date.parse(occurredAt);
    const same = facts.ended(type, node, [at - FENCING_SPAN_MS, at + FENCING_SPAN_MS]);
    return same.find(
      (fact) => cluster === undefined || fact.cluster === undefined || fact.cluster === cluster,
    )?.id;
  }

  return {
    homeOf(event) {
      const { factId } = identityOf(event);
      const line = workerLineOf(event);
      if (line) {
        const task = taskOfLine(line, facts.ofWorker(line.node, line.pid));
        return task === undefined ? factId : homeOfLine(line, task);
      }
      if (isNamelessError(event)) return errorHome(event) ?? factId;
      if (isOutageReport(event)) return outageHome(event) ?? factId;
      return FENCING.has(event.type) ? (fencingHome(event) ?? factId) : factId;
    },
    movesAfter(event, factId, isFirst) {
      const identity = identityOf(event);
      if (event.product === 'pbs')
        return isEnd(identity) && isAboutPbsJob(event, identity) ? rematchPbs(event, factId) : [];
      if (identity.family !== 'backup.job') return [];
      const adopted = isFirst && event.upid === factId ? adoptLines(factId) : [];
      return [...adopted, ...(isEnd(identity) ? rematch(event, factId) : [])];
    },
  };
}

const homeOfLine = ({ vmid }: WorkerLine, upid: string) =>
  vmid === undefined ? upid : guestPartId(upid, vmid);

const isEnd = ({ outcome }: Identity) =>
  outcome !== undefined && outcome !== 'progress' && outcome !== 'started';

const isAboutPbsJob = (event: Event, { family }: Identity) =>
  PBS_FAMILIES.includes(family) && !isNamelessError(event);

/** Span in which other reports of the same end may lie, milliseconds. */
function neighbourhood(event: Event): readonly [number, number] {
  const end = event.facts['endtime'];
  const times = [Date.parse(event.occurredAt), ...(typeof end === 'number' ? [end * 1000] : [])];
  return [Math.min(...times) - NEIGHBOURHOOD_MS, Math.max(...times) + NEIGHBOURHOOD_MS];
}
