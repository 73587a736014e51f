import type { GuestRef } from '@proxmox-mcp/schemas';
import { isRecord } from '../input.ts';
import { oneLine } from '../text.ts';

/** What is remembered of a node between two polls. */
export interface NodeMemory {
  readonly status: string;
  readonly uptime?: number;
}
/** What is remembered of a guest between two polls. */
export interface GuestMemory {
  readonly kind: Exclude<GuestRef['kind'], 'unknown'>;
  readonly node: string;
  readonly status: string;
  readonly name?: string;
  readonly uptime?: number;
  readonly lock?: string;
  readonly hastate?: string;
  /** New and not yet reported on by its node: its first real status is no change. */
  readonly fresh?: true;
}
/** What is remembered of a storage on a node between two polls. */
export interface StorageMemory {
  readonly node: string;
  readonly storage: string;
  readonly shared: boolean;
  /** Absent where the answer gave no understandable one. */
  readonly status?: string;
  readonly used?: number;
  readonly total?: number;
  /** Usage was reported high and has not come down enough since. */
  readonly high?: true;
}

/** The essentials of one answer of cluster/resources: what the next one is compared with. Plain JSON, fit to be stored. */
export interface ResourceSnapshot {
  readonly nodes: Readonly<Record<string, NodeMemory>>;
  /** By vmid. */
  readonly guests: Readonly<Record<string, GuestMemory>>;
  /** By `<node>/<storage>`. */
  readonly storages: Readonly<Record<string, StorageMemory>>;
}

const MAX_ROWS = 50_000;

/** Reads the rows of cluster/resources; unknown types and rows without identity are left out. */
export function readResources(rows: readonly unknown[]): ResourceSnapshot {
  const nodes = new Map<string, NodeMemory>();
  const guests = new Map<string, GuestMemory>();
  const storages = new Map<string, StorageMemory>();
  for (const row of rows.slice(0, MAX_ROWS)) {
    if (!isRecord(row)) continue;
    const node = word(row['node']);
    if (node === undefined) continue;
    if (row['type'] === 'node') nodes.set(node, readNode(row));
    else if (row['type'] === 'qemu' || row['type'] === 'lxc') {
      const vmid = number(row['vmid']);
      if (vmid !== undefined && Number.isSafeInteger(vmid) && vmid > 0)
        guests.set(String(vmid), readGuest(row, row['type'], node));
    } else if (row['type'] === 'storage') {
      const storage = word(row['storage']);
      if (storage !== undefined) storages.set(`${node}/${storage}`, readStorage(row, node, storage));
    }
  }
  return {
    nodes: Object.fromEntries(nodes),
    guests: Object.fromEntries(guests),
    storages: Object.fromEntries(storages),
  };
}

function readNode(row: Record<string, unknown>): NodeMemory {
  const uptime = number(row['uptime']);
  return { status: word(row['status']) ?? 'unknown', ...(uptime !== undefined && { uptime }) };
}

function readGuest(row: Record<string, unknown>, kind: GuestMemory['kind'], node: string): GuestMemory {
  const uptime = number(row['uptime']);
  const [name, lock, hastate] = [word(row['name']), word(row['lock']), word(row['hastate'])];
  return {
    kind,
    node,
    status: word(row['status']) ?? 'unknown',
    ...(name !== undefined && { name }),
    ...(uptime !== undefined && { uptime }),
    ...(lock !== undefined && { lock }),
    ...(hastate !== undefined && { hastate }),
  };
}

function readStorage(row: Record<string, unknown>, node: string, storage: string): StorageMemory {
  const status = word(row['status']);
  const [used, total] = [number(row['disk']), number(row['maxdisk'])];
  return {
    node,
    storage,
    shared: Number(row['shared']) === 1,
    ...(status !== undefined && { status }),
    ...(used !== undefined && { used }),
    ...(total !== undefined && { total }),
  };
}

/** Short text; numbers and other things where text belongs say nothing. */
function word(value: unknown): string | undefined {
  return typeof value === 'string' ? oneLine(value, 255) || undefined : undefined;
}

/** A number, also written as text, as PVE does in places. */
export function number(value: unknown): number | undefined {
  const n = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof n === 'number' && Number.isFinite(n) ? n : undefined;
}
