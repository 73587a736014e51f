import type { Product } from '@proxmox-mcp/schemas';
import type { HostAuth } from '@proxmox-mcp/schemas';
import type { Credentials } from './credentials.ts';

/** An API token: needs no login, no renewal, no CSRF header. */
export function tokenCredentials(product: Product, auth: HostAuth & { kind: 'token' }): Credentials {
  const id = `${auth.user}!${auth.tokenName}`;
  // PVE separates id and secret by "=", PBS by ":"; each refuses the other's.
  const authorization =
    product === 'pve' ? `PVEAPIToken=${id}=${auth.secret}` : `PBSAPIToken=${id}:${auth.secret}`;
  return {
    headers: () => Promise.resolve({ authorization }),
    refused: () => false,
    secrets: () => [auth.secret],
  };
}
