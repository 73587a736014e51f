import type { InventorySource, Product } from '@proxmox-mcp/schemas';
import { createLocalClock, type LocalClock } from '../local-clock.ts';

/** A node of the inventory, found by one of its names. */
export interface KnownHost {
  readonly source: InventorySource;
  /** Short name, as the inventory writes it. */
  readonly node: string;
}

/** Finds hosts by the names that senders use for them. Built once per inventory; a changed inventory is a new index. */
export interface HostIndex {
  readonly sources: readonly InventorySource[];
  /** By short name, by full name of the source's domain, or by address; any case. */
  find(host: string): KnownHost | undefined;
  bySource(id: string): InventorySource | undefined;
  byNodeId(source: InventorySource, nodeid: number): string | undefined;
  clockOf(source: InventorySource): LocalClock;
}

/** Indexes the nodes of all sources (PROXMOX §G.1: two names for one thing are resolved before anything else). */
export function createHostIndex(sources: readonly InventorySource[]): HostIndex {
  const byShort = new Map<string, KnownHost[]>();
  const byAddress = new Map<string, KnownHost>();
  const clocks = new Map<string, LocalClock>();
  for (const source of sources) {
    for (const { name, address } of source.nodes) {
      const short = shortHost(name);
      const known: KnownHost = { source, node: short };
      const key = short.toLowerCase();
      byShort.set(key, [...(byShort.get(key) ?? []), known]);
      if (address !== undefined) byAddress.set(address.toLowerCase(), known);
    }
  }
  return {
    sources,
    find(host) {
      const key = host.trim().toLowerCase().replace(/\.$/, '');
      const direct = byAddress.get(key);
      if (direct !== undefined) return direct;
      const dot = key.indexOf('.');
      const candidates = byShort.get(dot < 0 ? key : key.slice(0, dot)) ?? [];
      if (dot < 0) return candidates[0];
      const domain = key.slice(dot + 1);
      // A full name of a foreign domain is a foreign host, however familiar its first word is.
      return (
        candidates.find(({ source }) => source.domain?.toLowerCase() === domain) ??
        candidates.find(({ source }) => source.domain === undefined)
      );
    },
    bySource: (id) => sources.find((source) => source.id === id),
    byNodeId: (source, nodeid) => source.nodes.find((node) => node.nodeid === nodeid)?.name,
    clockOf(source) {
      let clock = clocks.get(source.timezone);
      if (clock === undefined) clocks.set(source.timezone, (clock = createLocalClock(source.timezone)));
      return clock;
    },
  };
}

/** `pve1.example.net` → `pve1`; addresses stay as they are. */
export function shortHost(host: string): string {
  const trimmed = host.trim();
  if (trimmed.includes(':') || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(trimmed)) return trimmed;
  return trimmed.split('.', 1)[0] ?? trimmed;
}

/** The `cluster` of events from a source: its name, `standalone:<node>`, or for PBS its node (PROXMOX §G.1). */
export function clusterOf(
  source: Pick<InventorySource, 'id' | 'product' | 'cluster' | 'nodes'>,
  node?: string,
): string {
  if (source.cluster !== null) return source.cluster;
  const name = node ?? source.nodes[0]?.name ?? source.id;
  const bare: Record<Product, string> = { pve: `standalone:${name}`, pbs: name };
  return bare[source.product];
}
