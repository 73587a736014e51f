import { envName as upper, type HostConfig } from '@proxmox-mcp/config';

/** Start of the setting names of a host, as messages that tell how to mend it must write them. */
export function envName({ name, kind, product }: Pick<HostConfig, 'name' | 'kind' | 'product'>): string {
  return kind === 'cluster' ? `${product.toUpperCase()}_CLUSTER_PRIMARY` : upper(name);
}
