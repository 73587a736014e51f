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
  const drafts = diffQuorum(memory.quorum ?? undefined, quorum).map((d) => identified(d, nowMs));
  const same = memory.quorum?.quorate === quorum.quorate && memory.quorum.perspective === quorum.perspective;
  return { next: same ? memory : { ...memory, quorum }, drafts };
}

/** HA states of nodes from ha/status/current. */
export function foldHa(memory: ClusterMemory, rows: readonly unknown[], nowMs: number): Step<ClusterMemory> {
  const haNodes = readHaNodes(rows);
  const drafts = diffHaNodes(memory.haNodes, haNodes).map((d) => identified(d, nowMs));
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
  return { next, drafts: before ? diffReplication(before, rows, node) : [] };
}

/** A change that the source gives no time for is told apart by when it was seen; the journal keeps it through a restart. */
function identified(draft: EventDraft, nowMs: number): EventDraft {
  return { ...draft, identity: `${draft.type}/${draft.node ?? ''}/${nowMs}` };
}
