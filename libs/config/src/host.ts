import type { HostAccess } from '@proxmox-mcp/schemas';

/** A standalone host or a cluster, as configured. */
export interface HostConfig extends HostAccess {
  /** `cluster` when its members are to be discovered. */
  readonly kind: 'standalone' | 'cluster';
}
