import { clusterOf, createHostIndex, type HostIndex } from '@proxmox-mcp/proxmox-events';
import type { InventorySource } from '@proxmox-mcp/schemas';

/** A PVE storage, as its configuration says. */
export type StorageConfig = InventorySource['storages'][number];

/** What the inventory knows and reports do not say. Whatever is not known is `undefined`, and then nothing is concluded from it. */
export interface Topology {
  storage(cluster: string | undefined, sid: string | undefined): StorageConfig | undefined;
  /** Name of the node that corosync numbers so. */
  nodeOfId(cluster: string | undefined, nodeid: number): string | undefined;
  addressOf(cluster: string | undefined, node: string | undefined): string | undefined;
  /** Name of the node behind an address or a host name. */
  nodeAt(host: string): string | undefined;
}

/** Reads it out of the inventory of this moment. */
export function topologyOf(index: HostIndex): Topology {
  const sourceOf = (cluster: string | undefined) =>
    cluster === undefined
      ? undefined
      : index.sources.find(
          (source) =>
            clusterOf(source) === cluster ||
            source.nodes.some(({ name }) => clusterOf(source, name) === cluster),
        );
  return {
    storage: (cluster, sid) => sourceOf(cluster)?.storages.find(({ id }) => id === sid),
    nodeOfId: (cluster, nodeid) => sourceOf(cluster)?.nodes.find((node) => node.nodeid === nodeid)?.name,
    addressOf: (cluster, node) => sourceOf(cluster)?.nodes.find(({ name }) => name === node)?.address,
    nodeAt: (host) => index.find(host)?.node,
  };
}

/** Nothing is known. */
export const NO_TOPOLOGY: Topology = topologyOf(createHostIndex([]));
