import type { HostIndex } from '@proxmox-mcp/proxmox-events';
import type { InventorySource } from '@proxmox-mcp/schemas';

/** The sources that share a way in; at least one. */
export type RouteSources = readonly [InventorySource, ...InventorySource[]];

/** Nobody whose message it could be. */
export interface NoSources {
  readonly reject: true;
  readonly reason: 'unknown-source';
  readonly detail: string;
}

/**
 * The sources that the operator mapped to an application, a topic or a channel; all there are where it is not mapped.
 *
 * @param setting where the mapping stands in `config/inventory.yaml`, for the refusal.
 */
export function sourcesOfRoute(
  ids: readonly string[] | undefined,
  index: HostIndex,
  setting: string,
): RouteSources | NoSources {
  const [first, ...rest] = ids === undefined ? index.sources : ids.flatMap((id) => index.bySource(id) ?? []);
  if (first !== undefined) return [first, ...rest];
  const detail =
    ids === undefined
      ? 'no Proxmox host is configured'
      : `${setting} in config/inventory.yaml names sources that do not exist`;
  return { reject: true, reason: 'unknown-source', detail };
}
