import type { Product } from './entity.ts';

// Types without a schema: hosts never cross the bus. They stand here because settings make them and the client takes them,
// and neither may import the other.

/** How to log in. Tokens need no renewal and no CSRF header; prefer them. */
export type HostAuth =
  | { readonly kind: 'token'; readonly user: string; readonly tokenName: string; readonly secret: string }
  | { readonly kind: 'password'; readonly user: string; readonly password: string };

/** How far the host's certificate is trusted. */
export type HostTls =
  /** Chain and name are checked, against `caFile` (PEM) when given, else against the system's authorities. */
  | { readonly kind: 'verify'; readonly caFile?: string }
  /**
   * SHA-256 of the leaf certificate, hex pairs; colons and case do not matter. Several separated by commas: the members of a
   * cluster have a certificate each. Chain, name and dates are not looked at.
   */
  | { readonly kind: 'pin'; readonly fingerprint: string }
  /** Anything is believed. One warning is logged per client. */
  | { readonly kind: 'insecure' };

/** Host name or address, and port, of one way in. */
export interface HostEndpoint {
  readonly host: string;
  readonly port: number;
}

/** What is needed to log in to a host or cluster with one credential. */
export interface HostAccess {
  /** Configured name, lower case: the source's name in events, metrics and error messages. */
  readonly name: string;
  readonly product: Product;
  /** Tried in order, the primary first; the one that answered last is tried first. At least one. */
  readonly endpoints: readonly HostEndpoint[];
  readonly auth: HostAuth;
  readonly tls: HostTls;
}
