import type { Event } from '@proxmox-mcp/schemas';
import { hasFailed } from '../notification-copies.ts';
import { runsOf } from '../runs.ts';
import { MINUTE, SECOND, placeOf, textIn, timeOf, type ClusterKey, type Group, type Task } from './key.ts';

const REACH_MS = MINUTE;

/** Tasks that stop a guest, or the process it ran in. */
const STOPPING: ReadonlySet<string> = new Set([
  'guest.stop',
  'guest.shutdown',
  'guest.reboot',
  'guest.suspend',
  'guest.destroy',
]);

const STOPPED: ReadonlySet<string> = new Set(['guest.process.exited', 'guest.state.stopped']);
const MOVED: ReadonlySet<string> = new Set(['guest.node.changed', 'ha.service.recovered']);

/**
 * A guest that stopped: its process ended, and the list says so. Or that moved: the list says where, HA may say why. What a user's
 * task did is the task's own effect and no fact of its own.
 */
export const guest: ClusterKey = {
  kind: 'cluster',
  name: 'guest',
  types: [...STOPPED, ...MOVED],
  precedence: ['guest.process.exited', 'guest.state.stopped', 'guest.node.changed', 'ha.service.recovered'],
  reachMs: REACH_MS,
  placeOf: (event) => (event.guest === undefined ? undefined : placeOf(event.cluster, event.guest.vmid)),
  concerns: ({ product, type }) =>
    product === 'pve' &&
    /^(?:qm|vz)(?:stop|shutdown|reboot|suspend|pause|destroy|migrate)$|^qmigrate$/.test(type),
  spotsOf: ({ endedAt, fact }) =>
    endedAt === undefined || fact.guest === undefined
      ? []
      : [{ place: placeOf(fact.cluster, fact.guest.vmid), at: endedAt }],
  partition({ events, tasks }) {
    return [...stops(events, tasks), ...moves(events, tasks)];
  },
};

function stops(events: readonly Event[], tasks: readonly Task[]): Group[] {
  const stopped = runsOf(
    events.filter(({ type }) => STOPPED.has(type)),
    REACH_MS,
    (a, b) => isSameGuest(a, b) && a.node === b.node,
  );
  return stopped.map((group) =>
    withTask(group, tasks, (event, task) => {
      if (!isSameGuest(event, task.fact)) return false;
      // A migration leaves nothing running where it came from.
      if (task.family === 'guest.migrate')
        return event.node === task.fact.node && event.type === 'guest.process.exited';
      return STOPPING.has(task.family) && hasFailed(task.fact.type) === false;
    }),
  );
}

function moves(events: readonly Event[], tasks: readonly Task[]): Group[] {
  const moved = runsOf(
    events.filter(({ type }) => MOVED.has(type)),
    REACH_MS,
    (a, b) => isSameGuest(a, b) && targetOf(a) === targetOf(b),
  );
  return moved.map((group) =>
    withTask(group, tasks, (event, { family, fact }) => {
      if (family !== 'guest.migrate' || !isSameGuest(event, fact)) return false;
      const told = textIn(fact, 'target_node');
      const from = textIn(event, 'from_node');
      // "migration problems" may have moved the guest all the same: where it is now says more than the outcome.
      return (told ?? targetOf(event)) === targetOf(event) && (from ?? fact.node) === fact.node;
    }),
  );
}

/** Of the tasks that did it the one that ended nearest. */
function withTask(
  events: readonly Event[],
  tasks: readonly Task[],
  did: (event: Event, task: Task) => boolean,
): Group {
  const fitting = tasks.flatMap((task) => {
    if (!events.every((event) => did(event, task))) return [];
    const away = Math.min(...events.map((event) => awayFrom(task, timeOf(event))));
    return away <= REACH_MS ? [{ task, away }] : [];
  });
  const [nearest] = fitting.sort((a, b) => a.away - b.away || (a.task.upid < b.task.upid ? -1 : 1));
  return { events, ...(nearest === undefined ? {} : { upid: nearest.task.upid }) };
}

function awayFrom({ startedAt, endedAt = startedAt }: Task, at: number): number {
  // What came before the task began was not its doing.
  return at < startedAt - SECOND ? Infinity : Math.abs(endedAt - at);
}

function isSameGuest(a: Pick<Event, 'guest'>, b: Pick<Event, 'guest'>): boolean {
  if (a.guest?.vmid !== b.guest?.vmid) return false;
  // A number is used anew once its guest is destroyed, perhaps by one of the other kind.
  const [one, other] = [a.guest?.kind, b.guest?.kind];
  return one === other || one === 'unknown' || other === 'unknown';
}

const targetOf = (event: Event) => textIn(event, 'to_node') ?? event.node;
