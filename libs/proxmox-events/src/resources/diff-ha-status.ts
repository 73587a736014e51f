import type { EventDraft } from '@proxmox-mcp/schemas';
import { isRecord } from '../input.ts';
import { oneLine } from '../text.ts';
import { conditionDraft } from './condition-draft.ts';

/** Quorum as one node sees it. */
export interface QuorumView {
  /** The node that was asked. */
  readonly perspective: string | undefined;
  readonly quorate: boolean;
}

/** The quorum row of ha/status/current, or the cluster row of cluster/status; `undefined` where there is none. */
export function readQuorum(rows: readonly unknown[]): QuorumView | undefined {
  const row = rows.find(
    (r) => isRecord(r) && (r['type'] === 'quorum' || r['type'] === 'cluster') && 'quorate' in r,
  );
  if (!isRecord(row)) return undefined;
  const local = rows.find((r) => isRecord(r) && r['type'] === 'node' && Number(r['local']) === 1);
  const node = row['node'] ?? (isRecord(local) ? local['name'] : undefined);
  return {
    perspective: typeof node === 'string' ? oneLine(node, 100) : undefined,
    quorate: Number(row['quorate']) === 1,
  };
}

/** Whether quorum was lost or came back between two views. */
export function diffQuorum(before: QuorumView | undefined, after: QuorumView | undefined): EventDraft[] {
  if (!before || !after || before.quorate === after.quorate) return [];
  const node = after.perspective;
  return [
    conditionDraft(
      after.quorate ? 'cluster.quorum.regained' : 'cluster.quorum.lost',
      { ...(node !== undefined && { node }) },
      { ...(node !== undefined && { perspective: node }) },
    ),
  ];
}
