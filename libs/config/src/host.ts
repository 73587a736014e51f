import type { Product } from '@proxmox-mcp/schemas';

/** How to log in. Tokens need no renewal and no CSRF header; prefer them. */
export type HostAuth =
  | { readonly kind: 'token'; readonly user: string; readonly tokenName: string; readonly secret: string }
  | { readonly kind: 'password'; readonly user: string; readonly password: string };

/** How far the host's certificate is trusted. */
export type HostTls =
  | { readonly kind: 'verify'; readonly caFile?: string }
  /** SHA-256 of the leaf certificate, upper-case hex pairs joined by colons; several, for the members of a cluster, by commas. */
  | { readonly kind: 'pin'; readonly fingerprint: string }
  | { readonly kind: 'insecure' };

/**
 * A standalone host or a cluster, as configured: one thing to log in to with one credential. The client takes exactly
 * this shape.
 */
export interface HostConfig {
  /** Configured name, lower case: the source's name in events and metrics. */
  readonly name: string;
  readonly product: Product;
  /** Addresses to try in order: the primary, then fail-over members. */
  readonly endpoints: readonly { readonly host: string; readonly port: number }[];
  readonly auth: HostAuth;
  readonly tls: HostTls;
  /** `cluster` when its members are to be discovered. */
  readonly kind: 'standalone' | 'cluster';
}
