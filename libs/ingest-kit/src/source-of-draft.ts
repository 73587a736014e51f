import { clusterOf } from '@proxmox-mcp/proxmox-events';
import type { EventDraft, InventorySource } from '@proxmox-mcp/schemas';
import type { RouteSources } from './sources-of-route.ts';

/** Which of the sources that share a way in a draft is about: the one whose product and cluster it names, else the first. */
export function sourceOfDraft(draft: EventDraft, sources: RouteSources): InventorySource {
  const { product, node, cluster } = draft;
  return (
    sources.find((source) => source.product === product && clusterOf(source, node) === cluster) ?? sources[0]
  );
}
