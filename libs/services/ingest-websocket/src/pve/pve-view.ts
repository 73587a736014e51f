import type { ClusterStatus, Resource } from '@proxmox-mcp/proxmox-client';
import type { CoverageGuests } from '@proxmox-mcp/proxmox-events';

/** What the polls of a PVE host have found out about it, for each other. */
export interface PveView {
  readonly learnStatus: (rows: readonly ClusterStatus[]) => void;
  readonly learnResources: (rows: readonly Resource[]) => void;
  /** The latest cluster/status; empty until it was read. */
  readonly status: readonly ClusterStatus[];
  /** `undefined` until anything tells it. */
  readonly cluster: string | undefined;
  readonly isCluster: () => boolean;
  readonly reachable: () => string[];
  readonly all: () => string[];
  /** Guests as the last resources had them; `undefined` until then. */
  readonly guests: () => CoverageGuests | undefined;
}

/** A guest with this tag needs no backup job. */
const NO_BACKUP = 'no-backup';

/** @param onName told the name of the cluster whenever it is learned. */
export function createPveView(source: string, onName: (cluster: string) => void): PveView {
  const nodes = new Map<string, string>();
  let status: readonly ClusterStatus[] = [];
  let cluster: string | undefined;
  let guests: ReadonlyMap<number, { readonly isExempt: boolean }> | undefined;

  const name = (known: string | undefined) => {
    if (known === undefined) return;
    cluster = known;
    onName(known);
  };
  return {
    get status() {
      return status;
    },
    get cluster() {
      return cluster;
    },
    learnStatus(rows) {
      status = rows;
      for (const row of rows)
        if (row.type === 'node' && !nodes.has(row.name))
          nodes.set(row.name, row.online ? 'online' : 'offline');
      const own = rows.find((row) => row.type === 'cluster')?.name;
      const [only] = rows.filter((row) => row.type === 'node');
      name(own ?? (only && `standalone:${only.name}`));
    },
    learnResources(rows) {
      nodes.clear();
      const seen = new Map<number, { isExempt: boolean }>();
      for (const row of rows) {
        if (row.type === 'node') nodes.set(row.node, row.status);
        if (row.type === 'qemu' || row.type === 'lxc')
          seen.set(row.vmid, { isExempt: row.template || row.tags.includes(NO_BACKUP) });
      }
      guests = seen;
      // Without Sys.Audit nobody tells the cluster's name; the configured one is then the best there is.
      const [only] = nodes.keys();
      if (cluster === undefined) name(nodes.size === 1 && only !== undefined ? `standalone:${only}` : source);
    },
    isCluster: () => status.some((row) => row.type === 'cluster'),
    reachable: () => [...nodes].filter(([, state]) => state !== 'offline').map(([node]) => node),
    all: () => [...nodes.keys()],
    guests() {
      const known = guests;
      return (
        known && {
          isExempt: (vmid) => known.get(vmid)?.isExempt === true,
          exists: (vmid) => known.has(vmid),
        }
      );
    },
  };
}
