import type { Fact, GuestState, Incident } from '@proxmox-mcp/schemas';
import { guestPartId, partsOf } from '../../facts/identity.ts';
import { CRITICAL_TAG } from '../../rules/settings.ts';
import { coveredGuests } from '../activity.ts';
import type { ExplainParts } from './index.ts';
import type { Explainer, Explanation } from './explain.ts';

/** Done by somebody who wants the guest off, or changed into what it was: that it is off afterwards is no news. */
const MEANT: ReadonlySet<string> = new Set([
  'guest.stop',
  'guest.shutdown',
  'guest.suspend',
  'guest.destroy',
  'guest.restore',
  'guest.template',
  'guest.snapshot.rollback',
  'ha.request.stop',
]);

/** Stop a guest for a moment: it is to run again afterwards. */
const PASSING: ReadonlySet<string> = new Set([
  'guest.migrate',
  'guest.reboot',
  'guest.reset',
  'guest.start',
  'guest.resume',
  'guest.snapshot.create',
  'guest.disk.move',
  'ha.request.migrate',
  'ha.request.start',
]);

/** What HA is about to do, in its own words: it takes the guest down and up again by itself. */
const HA_ACTS: ReadonlySet<string> = new Set(['migrate', 'relocate', 'recovery', 'fence', 'freeze']);

/** Tasks of a node that stop all of its guests, and that start them. */
const STOPS_ALL: ReadonlySet<unknown> = new Set(['stopall', 'bulk-shutdown', 'suspendall', 'bulk-suspend']);
const STARTS_ALL: ReadonlySet<unknown> = new Set(['startall', 'bulk-start']);

/** Lists are polled: a task's effect is seen that much later, and its beginning that much earlier by another clock. */
const LATE_MS = 60_000;
const EARLY_MS = 5_000;

/** How long a guest may take to be back after what stopped it, and the most that anything explains. */
const GRACE_MS = 10 * 60_000;
const CAP_MS = 6 * 3_600_000;

/** Tasks that may run for hours; the others are over after this. */
const LONG: ReadonlySet<string> = new Set([
  'backup.job',
  'guest.migrate',
  'guest.disk.move',
  'guest.restore',
  'task',
]);
const QUICK_MS = 15 * 60_000;

/** When the guest went down: last seen running, first seen stopped; in milliseconds. */
interface Stop {
  readonly guest: GuestState;
  readonly ran: number;
  readonly down: number;
  readonly now: number;
}

type Parts = Pick<ExplainParts, 'facts' | 'guestAt' | 'picture'>;

/** A guest that went down because of a task: for good where that was wanted, else until the task has had its time. */
export function explainByTask(parts: Parts): Explainer {
  return {
    name: 'task',
    explain(incident, now) {
      const stop = stopOf(incident, parts, now);
      if (stop === undefined) return undefined;
      const { guest, ran, down } = stop;
      const tasks = parts.facts
        .tasksOfGuest(guest.vmid, [ran - EARLY_MS - LATE_MS, down + EARLY_MS])
        .filter((task) => isSameCluster(task, guest) && didIt(task, stop));
      const backup = backupOf(stop, parts);
      const isBackup = backup !== undefined || guest.stoppedUnder?.lock === 'backup';
      const meant = tasks.find((task) => MEANT.has(familyOf(task)) && !(isBackup && isByRoot(task)));
      if (meant !== undefined) return byWish(meant, stop, parts);
      const passing = tasks.find((task) => PASSING.has(familyOf(task)));
      return (
        byLock(stop, backup) ??
        (backup && passingBy(backup, stop, 'A backup stopped it')) ??
        (passing && passingBy(passing, stop, `It is part of: ${passing.title}`)) ??
        byHa(stop) ??
        byNode(stop, parts)
      );
    },
  };
}

function stopOf(incident: Incident, { guestAt }: Parts, now: number): Stop | undefined {
  if (incident.condition !== 'guest.state.stopped' || incident.guest === undefined) return undefined;
  const guest = guestAt(incident.cluster, incident.guest.vmid);
  if (guest?.ranUntil === undefined) return undefined;
  return { guest, ran: Date.parse(guest.ranUntil), down: Date.parse(guest.since), now };
}

const familyOf = (task: Fact) => partsOf(task.type).family;
const startOf = (task: Fact) => Date.parse(task.startedAt);
/** One that has no end yet still runs, unless its end was missed: then it would explain whatever happens to the guest for days. */
function endOf(task: Fact, now: number): number {
  if (task.endedAt !== undefined) return Date.parse(task.endedAt);
  return Math.min(now, startOf(task) + (LONG.has(familyOf(task)) ? CAP_MS : QUICK_MS));
}
const isByRoot = (task: Fact) => task.facts['user'] === 'root@pam';

function isSameCluster(task: Fact, guest: GuestState): boolean {
  return task.cluster === undefined || task.cluster === guest.cluster;
}

/** Whether the task ran as the guest went down. */
function didIt(task: Fact, { ran, down, now }: Stop): boolean {
  return startOf(task) <= down + EARLY_MS && endOf(task, now) + LATE_MS >= ran - EARLY_MS;
}

/** Holds until `end` and the grace are over; never beyond the cap. */
function until(end: number, { down, now }: Stop, found: Explanation): Explanation | undefined {
  return now < Math.min(end + GRACE_MS, down + CAP_MS) ? found : undefined;
}

function passingBy(task: Fact, stop: Stop, text: string): Explanation | undefined {
  return until(endOf(task, stop.now), stop, { reason: 'task', by: task.id, text });
}

/** Somebody's own stop is for good; that of a node which restarts is not, for a guest that must run. */
function byWish(task: Fact, stop: Stop, parts: Parts): Explanation | undefined {
  const bulk = task.links.find(({ relation }) => relation === 'parent');
  const all = bulk === undefined ? undefined : parts.facts.get(bulk.to);
  if (all !== undefined && STOPS_ALL.has(all.facts['task_type'])) return byNodeStop(all, stop, parts);
  return { reason: 'task', by: task.id, text: `Stopped on purpose: ${task.title}`, isForGood: true };
}

/** The guest's lock says what is being done to it, sooner than any list of tasks. */
function byLock(stop: Stop, backup: Fact | undefined): Explanation | undefined {
  const { guest, now } = stop;
  if (guest.stoppedUnder === undefined) return undefined;
  const { lock, until: seen } = guest.stoppedUnder;
  const end = guest.lock === lock ? now : Date.parse(seen);
  const text = lock === 'backup' ? 'A backup stopped it' : `It stopped under the lock "${lock.slice(0, 40)}"`;
  return until(end, stop, { reason: 'task', by: backup?.id ?? `lock/${lock.slice(0, 40)}`, text });
}

/** The backup job that had this guest in hand as it went down. What is not known to cover it explains nothing. */
function backupOf(stop: Stop, { facts }: Parts): Fact | undefined {
  const { guest, ran, down, now } = stop;
  const covers = (job: Fact) => {
    if (!isSameCluster(job, guest) || !didIt(job, stop)) return false;
    if (!coveredGuests(job).includes(guest.vmid)) return false;
    // Its own part may be over long before the job is.
    const part = facts.get(guestPartId(job.upid ?? '', guest.vmid));
    return part?.endedAt === undefined || Date.parse(part.endedAt) + LATE_MS >= ran - EARLY_MS;
  };
  return facts.backupsAround(ran - LATE_MS, Math.max(down + EARLY_MS, now)).find(covers);
}

function byHa(stop: Stop): Explanation | undefined {
  const { guest, down } = stop;
  if (guest.hastate === undefined || !HA_ACTS.has(guest.hastate)) return undefined;
  const text = `HA has it in hand: ${guest.hastate}`;
  return until(down, stop, { reason: 'task', by: `ha/${guest.vmid}`, text });
}

function byNode(stop: Stop, parts: Parts): Explanation | undefined {
  const { guest, ran, down, now } = stop;
  const tasks = parts.facts
    .tasksOnNode('task', guest.node, [ran - LATE_MS, now])
    .filter((task) => isSameCluster(task, guest));
  const stopping = tasks.find((task) => STOPS_ALL.has(task.facts['task_type']) && didIt(task, stop));
  if (stopping !== undefined) return byNodeStop(stopping, stop, parts);
  const starting = tasks.find(
    (task) => STARTS_ALL.has(task.facts['task_type']) && endOf(task, now) + LATE_MS >= down,
  );
  return starting && passingBy(starting, stop, `${guest.node} is starting its guests`);
}

/** A node that goes down stops its guests, and starts those again that are set to. */
function byNodeStop(task: Fact, stop: Stop, { picture }: Parts): Explanation | undefined {
  const { guest, now } = stop;
  const found: Explanation = {
    reason: 'task',
    by: task.id,
    text: `All guests of ${guest.node} were stopped`,
  };
  if (guest.tags?.includes(CRITICAL_TAG) !== true) return { ...found, isForGood: true };
  const node = [...picture.of('node', guest.cluster)].find((one) => one.node === guest.node);
  const isBack = node?.status === 'online';
  const end = isBack ? Math.max(endOf(task, now), Date.parse(node.since)) : now;
  return until(end, stop, found);
}
