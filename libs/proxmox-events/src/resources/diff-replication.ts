import type { EventDraft, GuestRef } from '@proxmox-mcp/schemas';
import { oneLine } from '../text.ts';
import { conditionDraft } from './condition-draft.ts';

/** A replication job as GET /nodes/{n}/replication tells it. Times in epoch seconds, 0 means never. */
export interface ReplicationRow {
  readonly id: string;
  readonly guest?: number | undefined;
  readonly vmtype?: string | undefined;
  readonly target?: string | undefined;
  readonly schedule?: string | undefined;
  readonly lastSync?: number | undefined;
  readonly lastTry?: number | undefined;
  readonly nextSync?: number | undefined;
  readonly duration?: number | undefined;
  readonly failCount?: number | undefined;
  readonly error?: string | undefined;
}

/** Failures in a row by job id: what the next answer is compared with. */
export type ReplicationFailures = Readonly<Record<string, number>>;

const MAX_ERROR = 2_000;

/** Reads how often each job failed in a row. */
export function readReplicationFailures(rows: readonly ReplicationRow[]): ReplicationFailures {
  return Object.fromEntries(rows.map((row) => [row.id, row.failCount ?? 0]));
}

/** Jobs that failed once more since `before`. A job not known before says nothing yet. */
export function diffReplication(
  before: ReplicationFailures,
  rows: readonly ReplicationRow[],
  node: string,
): EventDraft[] {
  return rows.flatMap((row) => {
    const count = row.failCount ?? 0;
    const known = Object.hasOwn(before, row.id) ? before[row.id] : undefined;
    if (known === undefined || count <= known) return [];
    const guest = guestOf(row);
    const facts = {
      job_id: oneLine(row.id, 100),
      failure_count: count,
      ...(row.target !== undefined && { target_node: oneLine(row.target, 100) }),
      ...(row.schedule !== undefined && { schedule: oneLine(row.schedule, 200) }),
      last_sync: row.lastSync || null,
      next_sync: row.nextSync || null,
      ...(row.error !== undefined && { error: oneLine(row.error, MAX_ERROR) }),
    };
    const draft = conditionDraft('replication.job.failed', { node, ...(guest && { guest }) }, facts);
    const at = row.lastTry ? row.lastTry + Math.round(row.duration ?? 0) : undefined;
    return [
      {
        ...draft,
        ...(at !== undefined && { at }),
        identity: `replication/${row.id}/${row.lastTry ?? 0}/${count}`,
      },
    ];
  });
}

function guestOf({ id, guest, vmtype }: ReplicationRow): GuestRef | undefined {
  const vmid = guest ?? Number(/^(\d{1,9})-/.exec(id)?.[1]);
  if (!Number.isSafeInteger(vmid) || vmid < 1) return undefined;
  return { kind: vmtype === 'qemu' || vmtype === 'lxc' ? vmtype : 'unknown', vmid };
}
