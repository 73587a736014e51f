import type { HostIndex } from '@proxmox-mcp/proxmox-events';
import type { InventorySource } from '@proxmox-mcp/schemas';
import type { Refused } from './delivery.ts';

const PREFIX = '/hooks/proxmox/';

/** Paths the operator gave sources in `config/inventory.yaml`. */
export type ConfiguredRoutes = Readonly<Record<string, string>>;

/**
 * Whose notifications come to a path: `/hooks/proxmox/<source>`, by the name of a configured host or one of its nodes, or
 * by the path the operator gave it.
 */
export function sourceOfPath(
  url: string,
  index: HostIndex,
  routes: ConfiguredRoutes,
): InventorySource | Refused {
  const path = url.split('?', 1)[0] ?? '';
  const routed = Object.hasOwn(routes, path) ? index.bySource(routes[path] ?? '') : undefined;
  if (routed !== undefined) return routed;
  if (!path.startsWith(PREFIX)) {
    const detail = 'unknown path; notification targets of PVE and PBS post to /hooks/proxmox/<source>';
    return { reject: true, reason: 'unknown-route', detail, http_status: 404 };
  }
  const name = decode(path.slice(PREFIX.length));
  const source = index.bySource(name) ?? index.find(name)?.source;
  if (source !== undefined) return source;
  const detail = 'no source of that name; use the name of a host in PVE_NODES, PBS_NODES or of a cluster';
  return { reject: true, reason: 'unknown-source', detail, http_status: 404 };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
