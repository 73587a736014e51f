import type { LabTask } from '../world/tasks.ts';
import { ApiError, parameterError } from './api-error.ts';
import { Paged, PlainText, type Call, type Routes } from './call.ts';
import { denied } from './permissions.ts';

const UPID =
  /^UPID:([a-zA-Z0-9-]{1,63}):[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:[^:\s/]{1,80}:[^:\s/]{0,200}:[^:\s/]{1,200}:$/;
/** A node tells the cluster of this many finished tasks, less those that run. */
const CLUSTER_TASKS_PER_NODE = 25;

const split = (user: string) => {
  const [userid = user, tokenid] = user.split('!');
  return tokenid === undefined ? { user: userid } : { user: userid, tokenid };
};

function isRunningFor(call: Call, task: LabTask): boolean {
  if (task.status === undefined) return true;
  // The last word of a node that died says its tasks run.
  const died = call.site.nodes.get(task.node)?.diedAt;
  return died !== undefined && (task.endedAt ?? 0) * 1000 >= died - 1_000;
}

function clusterRow(call: Call, task: LabTask): Record<string, unknown> {
  const row = {
    upid: task.upid,
    node: task.node,
    starttime: task.startedAt,
    type: task.type,
    id: task.id,
    ...split(task.user),
  };
  if (isRunningFor(call, task)) return { ...row, pid: task.pid };
  return { ...row, saved: '1', endtime: task.endedAt, status: task.status };
}

function archiveRow(task: LabTask): Record<string, unknown> {
  const { upid, node, pid, pstart, type, id } = task;
  return {
    upid,
    node,
    pid,
    pstart,
    starttime: task.startedAt,
    type,
    id,
    ...split(task.user),
    endtime: task.endedAt,
    status: task.status,
  };
}

function activeRow(task: LabTask): Record<string, unknown> {
  const { upid, node, pid, pstart, type, id, user } = task;
  return {
    upid,
    node,
    pid,
    pstart,
    starttime: task.startedAt,
    type,
    id,
    user,
    saved: '0',
    status: 'RUNNING',
  };
}

function stateOf(task: LabTask): string {
  const status = task.status ?? '';
  if (status === 'OK') return 'ok';
  if (status.startsWith('WARNINGS: ')) return 'warning';
  return status === 'unexpected status' ? 'unknown' : 'error';
}

function clusterTasks(call: Call): unknown {
  const all = call.has('/', 'Sys.Audit');
  const rows: Record<string, unknown>[] = [];
  for (const node of call.site.nodes.values()) {
    const tasks = call.site.tasks.ofNode(node.name);
    const running = tasks.filter((t) => isRunningFor(call, t));
    const finished = tasks
      .filter((t) => !isRunningFor(call, t))
      .sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0))
      .slice(0, Math.max(0, CLUSTER_TASKS_PER_NODE - running.length));
    for (const task of [...running, ...finished]) {
      const row = clusterRow(call, task);
      // The caller's authid has the token in it, the row's user has not: tokens see nothing of their own.
      if (all || row['user'] === call.authid) rows.push(row);
    }
  }
  return rows;
}

function nodeTasks(call: Call): unknown {
  const node = call.node();
  const auditor = call.has(`/nodes/${node.name}`, 'Sys.Audit');
  const source = call.text('source') ?? 'archive';
  const states = call.list('statusfilter');
  const since = call.int('since');
  const until = call.int('until');
  const vmid = call.text('vmid');
  const type = call.text('typefilter');
  const user = call.text('userfilter');
  const wanted = (task: LabTask) =>
    (auditor || task.user === call.authid) &&
    (since === undefined || task.startedAt >= since) &&
    (until === undefined || task.startedAt <= until) &&
    (vmid === undefined || task.id === vmid) &&
    (type === undefined || task.type === type) &&
    (user === undefined || task.user.includes(user)) &&
    (!call.flag('errors') || (task.status !== undefined && !['ok', 'warning'].includes(stateOf(task)))) &&
    (states.length === 0 || (task.status !== undefined && states.includes(stateOf(task))));
  const all = call.site.tasks.ofNode(node.name).filter(wanted);
  const rows: Record<string, unknown>[] = [];
  if (source !== 'archive')
    rows.push(
      ...all
        .filter((t) => t.status === undefined)
        .reverse()
        .map(activeRow),
    );
  if (source !== 'active') {
    const finished = all.filter((t) => t.status !== undefined);
    // In the order in which their end was noticed, newest first.
    finished.sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0) || b.startedAt - a.startedAt);
    rows.push(...finished.map(archiveRow));
  }
  const start = call.int('start') ?? 0;
  const page = rows.slice(start, start + (call.int('limit') ?? 50));
  return new Paged(page, rows.length === 0 ? undefined : rows.length);
}

function upidOf(call: Call): string {
  const upid = call.text('upid') ?? '';
  if (!UPID.test(upid)) throw parameterError({ upid: 'unable to parse worker upid' });
  return upid;
}

function findTask(call: Call): LabTask {
  const task = call.site.tasks.get(upidOf(call));
  if (task === undefined || task.node !== call.node().name) throw parameterError({ upid: 'no such task' });
  return task;
}

/** Own tasks, or those of a node one may audit. */
function requireReadable(call: Call, upid: string, priv: string): void {
  const owner = upid.split(':').at(-2);
  const node = call.node().name;
  if (owner !== call.authid && !call.has(`/nodes/${node}`, priv)) throw denied(`/nodes/${node}, ${priv}`);
}

function taskStatus(call: Call): unknown {
  requireReadable(call, upidOf(call), 'Sys.Audit');
  const task = findTask(call);
  const { upid, node, pid, pstart, type, id } = task;
  const base = { upid, node, pid, pstart, starttime: task.startedAt, type, id, ...split(task.user) };
  return task.status === undefined
    ? { ...base, status: 'running' }
    : { ...base, status: 'stopped', exitstatus: task.status };
}

function taskLog(call: Call): unknown {
  const upid = upidOf(call);
  requireReadable(call, upid, 'Sys.Audit');
  const task = call.site.tasks.get(upid);
  if (task === undefined || task.node !== call.node().name) {
    return new Paged([{ n: 1, t: 'unable to open file - No such file or directory' }], 1);
  }
  if (call.flag('download')) {
    const stamp = new Date(task.startedAt * 1000).toISOString().replace(/\.\d+/, '');
    return new PlainText(`${task.log.join('\n')}\n`, {
      'Content-Disposition': `attachment; filename="task-${task.node}-${task.type}-${stamp}.log"`,
    });
  }
  if (task.log.length === 0) return new Paged([{ n: 1, t: 'no content' }], 1);
  const start = call.int('start') ?? 0;
  const limit = call.int('limit') ?? 50;
  const lines = task.log.flatMap((line) => line.split('\n'));
  const page = limit === 0 ? lines.slice(start) : lines.slice(start, start + limit);
  return new Paged(
    page.map((t, i) => ({ n: start + i + 1, t })),
    lines.length,
  );
}

/** Tasks in their four shapes, and their logs. */
export const taskRoutes: Routes = {
  'GET /cluster/tasks': clusterTasks,
  'GET /nodes/{node}/tasks': nodeTasks,
  'GET /nodes/{node}/tasks/{upid}': (call) => {
    upidOf(call);
    return [{ name: 'log' }, { name: 'status' }];
  },
  'GET /nodes/{node}/tasks/{upid}/status': taskStatus,
  'GET /nodes/{node}/tasks/{upid}/log': taskLog,
  'DELETE /nodes/{node}/tasks/{upid}': (call) => {
    const upid = upidOf(call);
    requireReadable(call, upid, 'Sys.Modify');
    if (call.site.tasks.get(upid) === undefined) throw new ApiError(500, 'no such task');
    call.site.tasks.interrupt(upid);
    return null;
  },
};
