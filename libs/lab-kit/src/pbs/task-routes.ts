import type { LabTask } from '../world/tasks.ts';
import { type PbsCall, flag, int, text } from './call.ts';

const stateOf = (task: LabTask) => {
  if (task.status === undefined) return 'running';
  if (task.status === 'OK') return 'ok';
  if (task.status.startsWith('WARNINGS: ')) return 'warning';
  return task.status === 'unknown' ? 'unknown' : 'error';
};

/** GET …/tasks. */
export function tasks(call: PbsCall): { data: unknown; total?: number } {
  const { site } = call;
  const all = call.has('/system/tasks', 'Sys.Audit');
  const type = text(call, 'typefilter');
  const user = text(call, 'userfilter');
  const store = text(call, 'store');
  const since = int(call, 'since');
  const until = int(call, 'until');
  const states = text(call, 'statusfilter')?.split(',');
  const rows = [...site.tasks.ofNode(site.name)]
    .filter(
      (t) =>
        (all || t.user === call.authid) &&
        (type === undefined || t.type.includes(type)) &&
        (user === undefined || t.user.includes(user)) &&
        (store === undefined || t.id === store || t.id.startsWith(`${store}:`)) &&
        (since === undefined || t.startedAt >= since) &&
        (until === undefined || t.startedAt <= until) &&
        (!flag(call, 'running') || t.status === undefined) &&
        (!flag(call, 'errors') || stateOf(t) === 'error' || stateOf(t) === 'unknown') &&
        (states === undefined || states.includes(stateOf(t))),
    )
    .reverse()
    .sort((a, b) => Number(b.status === undefined) - Number(a.status === undefined));
  const start = int(call, 'start') ?? 0;
  const limit = int(call, 'limit') ?? 50;
  const page = limit === 0 ? rows.slice(start) : rows.slice(start, start + limit);
  return {
    total: rows.length,
    data: page.map((t) => ({
      upid: t.upid,
      node: 'localhost',
      pid: t.pid,
      pstart: t.pstart,
      starttime: t.startedAt,
      worker_type: t.type,
      worker_id: t.id === '' ? null : t.id,
      user: t.user,
      ...(t.status === undefined ? {} : { endtime: t.endedAt, status: t.status }),
    })),
  };
}

/** @throws {PbsError} 403 or 400. */
export function findTask(call: PbsCall): LabTask {
  const upid = call.path['upid'] ?? '';
  if (
    !/^UPID:[a-zA-Z0-9-]{1,63}:[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}:[0-9A-Fa-f]{8,16}:[0-9A-Fa-f]{8}:[^:\s]{1,80}:[^:\s]{0,300}:[^:\s]{1,200}:$/.test(
      upid,
    )
  ) {
    throw call.fail(
      400,
      "parameter verification errors\n\nparameter 'upid': value does not match the regex pattern\n",
    );
  }
  const task = call.site.tasks.get(upid);
  if (task !== undefined && task.user !== call.authid) call.require('/system/tasks', 'Sys.Audit');
  if (task === undefined)
    throw call.fail(400, 'unable to open task log - No such file or directory (os error 2)');
  return task;
}

/** GET …/status: other key names than in the list. */
export function taskStatus(call: PbsCall): { data: unknown } {
  const t = findTask(call);
  const [user, tokenid] = t.user.split('!');
  return {
    data: {
      upid: t.upid,
      node: t.node,
      pid: t.pid,
      pstart: t.pstart,
      starttime: t.startedAt,
      type: t.type,
      id: t.id === '' ? null : t.id,
      user,
      ...(tokenid === undefined ? {} : { tokenid }),
      ...(t.status === undefined
        ? { status: 'running' }
        : { status: 'stopped', exitstatus: t.status, endtime: t.endedAt }),
    },
  };
}

/** GET …/log. */
export function taskLog(call: PbsCall): { data: unknown; total: number } {
  const { log } = findTask(call);
  // 0 and 1 both mean the first line.
  const start = Math.max(0, (int(call, 'start') ?? 0) - 1);
  const limit = int(call, 'limit') ?? 50;
  const page = limit === 0 ? log.slice(start) : log.slice(start, start + limit);
  return { total: log.length, data: page.map((t, i) => ({ n: start + i + 1, t })) };
}
