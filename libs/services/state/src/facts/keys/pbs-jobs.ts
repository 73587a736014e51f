import type { Event } from '@proxmox-mcp/schemas';
import { partsOf } from '../identity.ts';
import { matchTasks, type Fit } from '../match-tasks.ts';
import { common, madeBefore } from '../notification-clock.ts';
import { copiesOf, hasFailed, type Copies } from '../notification-copies.ts';
import { isNamelessError } from '../pbs-errors.ts';
import { SECOND, placeOf, textIn, timeOf, typesOf, type ClusterKey, type Group, type Task } from './key.ts';

/** What PBS notifies of. */
const JOBS: ReadonlySet<string> = new Set([
  'backup.gc',
  'backup.verify',
  'backup.prune',
  'backup.sync',
  'tape.backup',
]);

/** What a line of the daemon may be the last word of besides. */
const OTHERS: ReadonlySet<string> = new Set(['backup.snapshot', 'backup.read', 'task']);

/** Texts that only one kind of task ends with: such a line needs no error in the report it belongs to. */
const TELLING: readonly (readonly [RegExp, string])[] = [
  [/^verification failed\b/, 'backup.verify'],
  [/^sync failed\b/, 'backup.sync'],
];

/** A daemon prints the error as the task ends; the list may tell the end ten seconds late. */
const LINE_REACH_MS = 15 * SECOND;

/**
 * Notifications of PBS jobs, which name datastore and job but no task, and lines of its daemon, which name nothing at all: copies
 * of each other, and the task they tell of by datastore, job and error.
 */
export const pbsJobs: ClusterKey = {
  kind: 'cluster',
  name: 'pbs',
  types: [...JOBS, 'task'].flatMap(typesOf),
  reachMs: 45 * SECOND,
  placeOf(event) {
    if (event.product !== 'pbs') return undefined;
    if (isNamelessError(event)) return failedAt(event);
    if (textIn(event, 'notification_type') === undefined) return undefined;
    const { family } = partsOf(event.type);
    if (!JOBS.has(family)) return undefined;
    return hasFailed(event.type) ? failedAt(event) : doneAt(event, family);
  },
  concerns({ product }, { type }) {
    const { family } = partsOf(type);
    return product === 'pbs' && (JOBS.has(family) || (OTHERS.has(family) && hasFailed(type) === true));
  },
  spotsOf({ family, fact, endedAt }) {
    if (endedAt === undefined || !(JOBS.has(family) || OTHERS.has(family))) return [];
    if (hasFailed(fact.type)) return [{ place: failedAt(fact), at: endedAt }];
    return JOBS.has(family) ? [{ place: doneAt(fact, family), at: endedAt }] : [];
  },
  partition({ events, tasks }) {
    const copies = copiesOf(events.filter((event) => !isNamelessError(event)));
    const matches = matchTasks(copies, tasks, fitOf);
    const groups: Group[] = copies.map((group) => {
      const upid = matches.get(group)?.upid;
      return { events: group.events, ...(upid === undefined ? {} : { upid }) };
    });
    return withLines(groups, events.filter(isNamelessError), tasks);
  },
};

// A line can be of any failed task; what went well is looked for by kind, for a busy night has hundreds of uploads.
const failedAt = ({ node, cluster }: Pick<Event, 'node' | 'cluster'>) => placeOf('failed', node ?? cluster);
const doneAt = ({ node, cluster }: Pick<Event, 'node' | 'cluster'>, family: string) =>
  placeOf('done', node ?? cluster, family);

function fitOf({ content, made, failed }: Copies, { family, fact, endedAt }: Task): Fit {
  if (endedAt === undefined || common(made, madeBefore(endedAt)) === undefined) return undefined;
  if (content['family'] !== family || failed !== hasFailed(fact.type)) return undefined;
  const told = { ...fact.facts, node: fact.node, storage: fact.storage };
  // The job id of a prune stands in its log alone: what the task does not tell does not speak against it.
  const clash = ['node', 'storage', 'job_id', 'media_pool', 'drive', 'remote', 'remote_datastore'].some(
    (key) =>
      content[key] !== undefined && known(told, key) && told[key as keyof typeof told] !== content[key],
  );
  if (clash) return undefined;
  const error = content['error'];
  if (
    typeof error === 'string' &&
    fact.status !== undefined &&
    fact.status !== 'unknown' &&
    fact.status !== error
  )
    return undefined;
  return content['job_id'] !== undefined && content['job_id'] === fact.facts['job_id'] ? 'exact' : 'perhaps';
}

const known = (told: Readonly<Record<string, unknown>>, key: string) =>
  told[key] !== undefined && told[key] !== null;

/** Adds each line to what it is the last word of; of several the nearest. */
function withLines(groups: readonly Group[], lines: readonly Event[], tasks: readonly Task[]): Group[] {
  const joined = groups.map((group) => ({ ...group, events: [...group.events] }));
  for (const line of lines) {
    const at = timeOf(line);
    const near = (time: number | undefined) => (time === undefined ? Infinity : Math.abs(time - at));
    const ofTasks = tasks
      .filter((task) => isErrorOf(line, task.family, task.fact))
      .map((task) => ({ upid: task.upid, events: [], away: near(task.endedAt) }));
    const ofGroups = joined
      .filter((group) => group.upid === undefined)
      .flatMap((group) => {
        const told = group.events.find((event) => isErrorOf(line, partsOf(event.type).family, event));
        return told === undefined ? [] : [{ group, away: near(timeOf(told)) }];
      });
    const [task] = ofTasks.sort((a, b) => a.away - b.away || (a.upid < b.upid ? -1 : 1));
    const [other] = ofGroups.sort((a, b) => a.away - b.away);
    if (task !== undefined && task.away <= LINE_REACH_MS) joined.push({ events: [line], upid: task.upid });
    else if (other !== undefined && other.away <= pbsJobs.reachMs) other.group.events.push(line);
  }
  return joined;
}

/** Whether a nameless error is the last word of what a report tells of. */
function isErrorOf(line: Event, family: string, report: Pick<Event, 'type' | 'facts' | 'status'>): boolean {
  const text = textIn(line, 'error');
  if (text === undefined || isNamelessError(report) || partsOf(report.type).outcome !== 'failed')
    return false;
  const error = textIn(report, 'error') ?? report.status;
  if (error !== undefined) return error === text;
  return TELLING.some(([pattern, of]) => of === family && pattern.test(text));
}
