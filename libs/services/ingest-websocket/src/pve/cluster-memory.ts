import {
  diffHaNodes,
  diffQuorum,
  diffReplication,
  readHaNodes,
  readQuorum,
  readReplicationFailures,
  type HaNodes,
  type QuorumView,
  type ReplicationFailures,
  type ReplicationRow,
} from '@proxmox-mcp/proxmox-events';
import type { EventDraft } from '@proxmox-mcp/schemas';
import type { Step } from '../cursor/journal.ts';
import { seenPair, type SeenDraft } from '../seen/seen-draft.ts';

/** What is remembered of a cluster as a whole, across restarts. Plain JSON. */
export interface ClusterMemory {
  readonly quorum: QuorumView | null;
  readonly haNodes: HaNodes;
  /** Node → its replication jobs' failures in a row. */
  readonly replication: Readonly<Record<string, ReplicationFailures>>;
}

/** The memory of a cluster never seen before. */
export const NO_CLUSTER: ClusterMemory = { quorum: null, haNodes: {}, replication: {} };

/** Quorum from cluster/status. */
export function foldStatus(
  memory: ClusterMemory,
  rows: readonly unknown[],
  nowMs: number,
): Step<ClusterMemory> {
  const quorum = readQuorum(rows);
  if (!quorum) return { next: memory, drafts: [] };
  const drafts = diffQuorum(memory.quorum ?? undefined, quorum).map((d) =>
    seenPair(identified(d, nowMs), 'resources', [[quorumRow(memory.quorum)], [quorumRow(quorum)]]),
  );
  const same = memory.quorum?.quorate === quorum.quorate && memory.quorum.perspective === quorum.perspective;
  return { next: same ? memory : { ...memory, quorum }, drafts };
}

/** HA states of nodes from ha/status/current. */
export function foldHa(memory: ClusterMemory, rows: readonly unknown[], nowMs: number): Step<ClusterMemory> {
  const haNodes = readHaNodes(rows);
  const drafts = diffHaNodes(memory.haNodes, haNodes).map((d) => {
    const state = (nodes: HaNodes) => [{ type: 'lrm', node: d.node, state: nodes[d.node ?? ''] }];
    return seenPair(identified(d, nowMs), 'ha-status', [state(memory.haNodes), state(haNodes)]);
  });
  const same = JSON.stringify(memory.haNodes) === JSON.stringify(haNodes);
  return { next: same ? memory : { ...memory, haNodes }, drafts };
}

/** Failures of the replication jobs of one node. */
export function foldReplication(
  memory: ClusterMemory,
  node: string,
  rows: readonly ReplicationRow[],
): Step<ClusterMemory> {
  const before = memory.replication[node];
  const after = readReplicationFailures(rows);
  if (JSON.stringify(before) === JSON.stringify(after)) return { next: memory, drafts: [] };
  const next = { ...memory, replication: { ...memory.replication, [node]: after } };
  const drafts = before ? diffReplication(before, rows, node) : [];
  return { next, drafts: drafts.map((d) => seenReplication(d, before, rows)) };
}

/** As ha/status/current tells it. */
function quorumRow(view: QuorumView | null): object {
  return { type: 'quorum', node: view?.perspective, quorate: view?.quorate === true ? 1 : 0 };
}

function seenReplication(
  draft: EventDraft,
  before: ReplicationFailures | undefined,
  rows: readonly ReplicationRow[],
): SeenDraft {
  const id = draft.facts['job_id'];
  const row = rows.find((one) => one.id === id);
  const was = { id, failCount: row && before?.[row.id] };
  return seenPair(draft, 'replication', [[was], row ? [row] : []]);
}

/** A change that the source gives no time for is told apart by when it was seen; the journal keeps it through a restart. */
function identified(draft: EventDraft, nowMs: number): EventDraft {
  return { ...draft, identity: `${draft.type}/${draft.node ?? ''}/${nowMs}` };
}
