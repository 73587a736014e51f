import { isRecord } from '../input.ts';
import { said } from './condition-diff.ts';
import { number } from './snapshot.ts';

/** What is remembered of a device of a pool. */
export interface VdevMemory {
  readonly state: string;
  /** Checksum errors counted. */
  readonly checksums: number;
}

/** What is remembered of a pool between two polls. */
export interface PoolMemory {
  /** ONLINE, DEGRADED, FAULTED, UNAVAIL, SUSPENDED. */
  readonly state: string;
  /** Leaf devices by path; absent where only the list could be read. */
  readonly vdevs?: Readonly<Record<string, VdevMemory>>;
  /** What zpool says of lost data; absent where there is none. */
  readonly dataErrors?: string;
  /** How the last scrub or resilver ended; absent while one runs. */
  readonly scan?: string;
}

/** The pools of one machine by name. Plain JSON, fit to be stored. */
export type ZfsSnapshot = Readonly<Record<string, PoolMemory>>;

const MAX_POOLS = 200;
const MAX_VDEVS = 1_000;
const MAX_DEPTH = 8;

/** Reads `disks/zfs`, each row with the answer of `disks/zfs/{name}` as its `detail` where that was asked for. */
export function readZfsPools(rows: readonly unknown[]): ZfsSnapshot {
  const pools = new Map<string, PoolMemory>();
  for (const row of rows.slice(0, MAX_POOLS)) {
    if (!isRecord(row)) continue;
    const name = said(row['name'], 255);
    const health = said(row['health'], 40);
    if (name === undefined || health === undefined) continue;
    // The list is a moment older than the pool's page: state and devices must be of one moment.
    const own = isRecord(row['detail']) ? said(row['detail']['state'], 40) : undefined;
    pools.set(name, { state: own ?? health, ...readDetail(row['detail']) });
  }
  return Object.fromEntries(pools);
}

function readDetail(detail: unknown): Partial<PoolMemory> {
  if (!isRecord(detail)) return {};
  const vdevs = new Map<string, VdevMemory>();
  collect(detail['children'], vdevs, 0);
  const errors = said(detail['errors'], 500);
  const scan = said(detail['scan'], 300);
  const isLost = errors !== undefined && !errors.startsWith('No known data errors');
  return {
    ...(vdevs.size > 0 && { vdevs: Object.fromEntries(vdevs) }),
    ...(isLost && { dataErrors: errors }),
    ...(scan !== undefined && /^(?:scrub repaired|resilvered) /.test(scan) && { scan }),
  };
}

/** The devices at the ends of the tree: a mirror is only as well as they are. */
function collect(children: unknown, into: Map<string, VdevMemory>, depth: number): void {
  if (!Array.isArray(children) || depth > MAX_DEPTH) return;
  for (const child of children) {
    if (!isRecord(child) || into.size >= MAX_VDEVS) continue;
    if (Array.isArray(child['children']) && child['children'].length > 0) {
      collect(child['children'], into, depth + 1);
      continue;
    }
    const [name, state] = [said(child['name'], 255), said(child['state'], 40)];
    // Headings (`cache`, `logs`) have no state.
    if (name !== undefined && state !== undefined)
      into.set(name, { state, checksums: number(child['cksum']) ?? 0 });
  }
}
