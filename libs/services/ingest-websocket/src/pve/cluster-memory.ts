import { isDeepStrictEqual } from 'node:util';
import {
  diffHa,
  diffMembers,
  diffQuorum,
  diffReplication,
  readHa,
  readMembers,
  readQuorum,
  readReplicationFailures,
  type HaSnapshot,
  type MemberView,
  type QuorumView,
  type ReplicationFailures,
  type ReplicationRow,
} from '@proxmox-mcp/proxmox-events';
import type { EventDraft } from '@proxmox-mcp/schemas';
import type { Step } from '../cursor/journal.ts';
import { seenAnswers, seenPair, type SeenDraft } from '../seen/seen-draft.ts';

/** What is remembered of a cluster as a whole, across restarts; `null` until the first answer. Plain JSON. */
export interface ClusterMemory {
  readonly quorum: QuorumView | null;
  readonly members: MemberView | null;
  readonly ha: HaSnapshot | null;
  /** Node → its replication jobs' failures in a row. */
  readonly replication: Readonly<Record<string, ReplicationFailures>>;
}

/** The memory of a cluster never seen before. */
export const NO_CLUSTER: ClusterMemory = { quorum: null, members: null, ha: null, replication: {} };

/** Quorum and members from cluster/status. */
export function foldStatus(
  memory: ClusterMemory,
  rows: readonly unknown[],
  nowMs: number,
): Step<ClusterMemory> {
  const quorum = readQuorum(rows);
  const members = readMembers(rows);
  if (!quorum || !members) return { next: memory, drafts: [] };
  const drafts = [
    ...diffQuorum(memory.quorum ?? undefined, quorum).map((d) =>
      seenPair(identified(d, nowMs), 'resources', [[quorumRow(memory.quorum)], [quorumRow(quorum)]]),
    ),
    ...(memory.members ? diffMembers(memory.members, members).events : []).map((d) =>
      seenAnswers(identified(d, nowMs), 'members', [memory.members, members]),
    ),
  ];
  return { next: changed(memory, { quorum, members }), drafts };
}

/** HA's nodes, manager and services from ha/status/current. */
export function foldHa(memory: ClusterMemory, rows: readonly unknown[], nowMs: number): Step<ClusterMemory> {
  const seen = readHa(rows);
  const { events, next } = memory.ha ? diffHa(memory.ha, seen) : { events: [], next: seen };
  return {
    next: changed(memory, { ha: next }),
    drafts: events.map((d) => seenAnswers(identified(d, nowMs), 'ha', [memory.ha, seen])),
  };
}

/** Failures of the replication jobs of one node. */
export function foldReplication(
  memory: ClusterMemory,
  node: string,
  rows: readonly ReplicationRow[],
): Step<ClusterMemory> {
  const before = memory.replication[node];
  const replication = { ...memory.replication, [node]: readReplicationFailures(rows) };
  return {
    next: changed(memory, { replication }),
    drafts: before ? diffReplication(before, rows, node).map((d) => seenReplication(d, before, rows)) : [],
  };
}

/** As ha/status/current tells it. */
function quorumRow(view: QuorumView | null): object {
  return { type: 'quorum', node: view?.perspective, quorate: view?.quorate === true ? 1 : 0 };
}

function seenReplication(
  draft: EventDraft,
  before: ReplicationFailures,
  rows: readonly ReplicationRow[],
): SeenDraft {
  const id = draft.facts['job_id'];
  const row = rows.find((one) => one.id === id);
  const was = { id, failCount: row && before[row.id] };
  return seenPair(draft, 'replication', [[was], row ? [row] : []]);
}

/** The memory with something new in it; the same object where nothing is, so that nothing is written. */
function changed(memory: ClusterMemory, more: Partial<ClusterMemory>): ClusterMemory {
  const next = { ...memory, ...more };
  return isDeepStrictEqual(next, memory) ? memory : next;
}

/** A change that the source gives no time for is told apart by when it was seen; the journal keeps it through a restart. */
function identified(draft: EventDraft, nowMs: number): EventDraft {
  return { ...draft, identity: `${draft.type}/${draft.node ?? ''}/${draft.identity ?? ''}/${nowMs}` };
}
