import { grantFor, type ProxmoxError } from '@proxmox-mcp/proxmox-client';
import type { Degradation, Product } from '@proxmox-mcp/schemas';

/** A degradation before it is known since when. */
export type Trouble = Omit<Degradation, 'since'>;

/** How a host is configured, as far as fixes name it. */
export interface Configured {
  /** Start of the host's setting names: `PVE1`, `PVE_CLUSTER_PRIMARY`. */
  readonly prefix: string;
  readonly product: Product;
  /** `user@realm` or `user@realm!token`. */
  readonly authId: string;
}

/** What to call a failed call, and what to do about it. */
export function troubleOf(error: ProxmoxError, { prefix, product, authId }: Configured): Trouble {
  const detail = error.detail.slice(0, 500);
  switch (error.kind) {
    case 'fingerprint':
      return {
        reason: 'tls',
        detail: `the certificate is not the pinned one; seen ${error.seenFingerprint ?? 'none'}`,
        fix: `if the new certificate is yours: ${prefix}_FINGERPRINT=${error.seenFingerprint ?? '<SHA-256>'}`,
      };
    case 'tls':
      return {
        reason: 'tls',
        detail,
        fix:
          error.seenFingerprint === undefined
            ? `check that ${prefix}_HOST names the port of the API, which speaks TLS`
            : `pin the certificate: ${prefix}_FINGERPRINT=${error.seenFingerprint}`,
      };
    case 'auth':
      return {
        reason: 'auth',
        detail,
        fix: `check ${prefix}_USER, ${prefix}_TOKEN_NAME and ${prefix}_TOKEN_VALUE`,
      };
    case 'permission': {
      const fix = grantFor(product, authId, error.privileges ?? []);
      return {
        ...(fix === undefined ? {} : { fix: fix.slice(0, 500) }),
        reason: 'privilege',
        detail: `${error.privileges?.join(' or ') ?? 'a privilege'} is missing on ${error.aclPath ?? error.path}`,
      };
    }
    case 'timeout':
      return { reason: 'timeout', detail, fix: `check the load and the network of ${prefix}_HOST` };
    case 'proxy':
    case 'not-json':
    case 'truncated':
    case 'unexpected-answer':
    case 'too-large':
      return {
        reason: 'not-json',
        detail,
        fix: `point ${prefix}_HOST at the API itself, not at a proxy's page`,
      };
    case 'peer-unreachable':
      return { reason: 'node-unreachable', detail };
    default:
      return { reason: 'unreachable', detail, fix: `check ${prefix}_HOST, its port and the firewall` };
  }
}

/** Whether the whole host is away, as opposed to one call being refused. */
export function isHostTrouble(error: ProxmoxError): boolean {
  return [
    'unreachable',
    'disconnected',
    'timeout',
    'circuit-open',
    'tls',
    'fingerprint',
    'auth',
    'proxy',
    'truncated',
    'not-json',
    'unexpected-answer',
    'too-large',
  ].includes(error.kind);
}
