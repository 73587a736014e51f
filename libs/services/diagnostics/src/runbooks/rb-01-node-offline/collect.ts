import {
  ProxmoxError,
  type ClusterStatus,
  type GuestResource,
  type HaStatus,
  type Resource,
  type Task,
} from '@proxmox-mcp/proxmox-client';
import type { Incident } from '@proxmox-mcp/schemas';
import type { LabAccess } from '../../lab/lab-access.ts';
import { createGatherer } from '../gather.ts';
import type { Collected } from '../runbook.ts';
import type { NodeOfflineEvidence } from './evidence.ts';

/** How long before the node went a task or report may explain it, in milliseconds. */
const BEFORE_MS = 15 * 60_000;

/** Ways in asked for their view: two members are wanted, and the node itself may be among them. */
const MAX_VIEWS = 4;

type View = NodeOfflineEvidence['views'][number];

/** Asks the members for their view, the node through its peers, HA, the guests, tasks and reports: all at once. */
export async function collect(
  incident: Incident,
  access: LabAccess,
  signal: AbortSignal,
): Promise<Collected<NodeOfflineEvidence>> {
  const { read, lack, missing } = createGatherer(signal);
  const node = incident.node ?? '';
  const reader = await access.readerFor(incident);
  if (reader === undefined) lack('Proxmox API: no configured host is known to have this node');
  const views = await access.viewsFor(incident, MAX_VIEWS);
  const since = new Date(Date.parse(incident.openedAt) - BEFORE_MS).toISOString();
  const ask = <T>(name: string, call: (() => Promise<T>) | undefined) =>
    call ? read(name, call) : undefined;
  const [seen, direct, ha, resources, tasks, facts] = await Promise.all([
    Promise.all(
      views.map(async ({ from, reader: one }) => ({
        from,
        rows: await read(`cluster/status from ${from}`, () => one.clusterStatus(signal)),
      })),
    ),
    reader &&
      answersItself(
        reader.nodeUptime(node, signal),
        (reason) => lack(`status of ${node}: ${reason}`),
        signal,
      ),
    ask('HA status', reader && (() => reader.haStatus(signal))),
    ask('cluster resources', reader && (() => reader.resources(signal))),
    ask('cluster tasks', reader && (() => reader.clusterTasks(signal))),
    read('stored reports', () => access.factsOfNode(node, since)),
  ]);
  const evidence: NodeOfflineEvidence = {
    node,
    views: seen.flatMap(({ from, rows }) => (rows ? [viewOf(from, rows)] : [])),
    silent: seen.filter(({ rows }) => rows === undefined).map(({ from }) => from),
    ...direct,
    guests: guestsOf(node, resources ?? []),
    ...haOf(node, ha ?? []),
    tasks: tasksOf(node, tasks ?? [], Date.parse(since)),
    reports: (facts ?? [])
      .filter((fact) => fact.type !== incident.condition)
      .map(({ id, type, startedAt }) => ({ id, type, at: startedAt }))
      .slice(0, 50),
  };
  return { evidence, missing };
}

/** A node that does not answer is what we are here for, not a gap in the evidence. */
async function answersItself(
  uptime: Promise<number | undefined>,
  lack: (reason: string) => void,
  signal: AbortSignal,
): Promise<Pick<NodeOfflineEvidence, 'answers' | 'uptime'>> {
  try {
    const seconds = await uptime;
    return { answers: true, ...(seconds === undefined ? {} : { uptime: seconds }) };
  } catch (err) {
    if (err instanceof ProxmoxError && err.kind === 'peer-unreachable') return { answers: false };
    lack(
      signal.aborted
        ? 'not answered within the time of the run'
        : err instanceof ProxmoxError
          ? err.detail
          : 'unknown trouble',
    );
    return {};
  }
}

function viewOf(from: string, rows: readonly ClusterStatus[]): View {
  const members = rows.filter((row) => row.type === 'node');
  const cluster = rows.find((row) => row.type === 'cluster');
  return {
    from,
    online: members.filter((row) => row.online).map((row) => row.name),
    offline: members.filter((row) => !row.online).map((row) => row.name),
    ...(cluster === undefined ? {} : { quorate: cluster.quorate }),
  };
}

function guestsOf(node: string, resources: readonly Resource[]): NodeOfflineEvidence['guests'] {
  return resources
    .filter((row): row is GuestResource => row.type === 'qemu' || row.type === 'lxc')
    .filter((row) => row.node === node && !row.template)
    .map(({ vmid, name, status, hastate }) => ({
      vmid,
      ...(name === undefined ? {} : { name }),
      status,
      ...(hastate === undefined ? {} : { ha: hastate }),
    }));
}

function haOf(node: string, rows: readonly HaStatus[]): Pick<NodeOfflineEvidence, 'haNode' | 'haServices'> {
  const lrm = rows.find((row) => row.type === 'lrm' && row.node === node);
  // `old timestamp - dead?` is the manager's way to say that it has not heard of the node.
  const haNode = lrm?.status?.includes('dead') === true ? 'unknown' : lrm?.status;
  const haServices = rows
    .filter(
      (row) =>
        row.type === 'service' && row.node === node && (row.state === 'fence' || row.state === 'recovery'),
    )
    .map((row) => ({ sid: row.sid ?? row.id, state: row.state ?? '' }));
  return { ...(haNode === undefined ? {} : { haNode }), haServices };
}

function tasksOf(node: string, tasks: readonly Task[], sinceMs: number): NodeOfflineEvidence['tasks'] {
  return tasks
    .filter((task) => task.node === node && task.starttime * 1000 >= sinceMs)
    .map(({ upid, type, starttime }) => ({ upid, type, startedAt: new Date(starttime * 1000).toISOString() }))
    .slice(0, 50);
}
