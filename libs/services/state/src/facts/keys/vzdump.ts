import { sameSet, vmidsOf } from '../guest-set.ts';
import { matchTasks, type Fit } from '../match-tasks.ts';
import { common, madeBefore } from '../notification-clock.ts';
import { copiesOf, hasFailed, type Copies } from '../notification-copies.ts';
import { SECOND, textIn, typesOf, type ClusterKey, type Task } from './key.ts';

const EVERYWHERE = 'everywhere';

/** Notifications of PVE backup jobs: copies of each other, and the task they tell of by node, guests and result. */
export const vzdump: ClusterKey = {
  kind: 'cluster',
  name: 'vzdump',
  types: typesOf('backup.job'),
  reachMs: 35 * SECOND,
  // Neither by node nor by cluster: the copy of a chat that several clusters share names none of them.
  placeOf: (event) =>
    event.product === 'pve' && textIn(event, 'notification_type') === 'vzdump' ? EVERYWHERE : undefined,
  concerns: (parts) => parts.product === 'pve' && parts.type === 'vzdump',
  spotsOf: ({ endedAt }) => (endedAt === undefined ? [] : [{ place: EVERYWHERE, at: endedAt }]),
  partition({ events, tasks }) {
    const groups = copiesOf(events);
    const matches = matchTasks(groups, tasks, fitOf);
    return groups.map((group) => {
      const upid = matches.get(group)?.upid;
      return { events: group.events, ...(upid === undefined ? {} : { upid }) };
    });
  },
};

function fitOf({ content, made, failed }: Copies, { fact, endedAt }: Task): Fit {
  if (endedAt === undefined || common(made, madeBefore(endedAt)) === undefined) return undefined;
  if (content['node'] !== undefined && content['node'] !== fact.node) return undefined;
  const cluster = content['pve cluster'];
  if (cluster !== undefined && fact.cluster !== undefined && cluster !== fact.cluster) return undefined;
  // A worker that died without a word, as on a lock timeout, counts as failed.
  if (failed !== hasFailed(fact.type)) return undefined;
  // Jobs of the schedule run as root; nobody else's backup is one.
  const isScheduled = typeof content['job_id'] === 'string' && content['job_id'] !== '';
  if (isScheduled && (textIn(fact, 'user') ?? 'root@pam') !== 'root@pam') return undefined;
  const same = sameSet(vmidsOf(content['guests']), guestsOf(fact));
  if (same === false) return undefined;
  return same === true ? 'exact' : 'perhaps';
}

/** The log's guests; a task of one guest has it in its id. */
function guestsOf(fact: Task['fact']): number[] | undefined {
  const id = textIn(fact, 'task_id');
  return (
    vmidsOf(fact.facts['guests']) ?? (id !== undefined && /^\d{1,9}$/.test(id) ? [Number(id)] : undefined)
  );
}
