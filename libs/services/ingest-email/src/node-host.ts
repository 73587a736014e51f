import type { HostIndex } from '@proxmox-mcp/proxmox-events';

/** Domains that no stranger on the Internet can have (RFC 6762 appendix G, RFC 8375). */
const PRIVATE_DOMAINS = [
  'corp',
  'home',
  'home.arpa',
  'internal',
  'intranet',
  'lan',
  'local',
  'localdomain',
  'private',
];

/** Whether a mail host is a node of ours. A name of a domain nobody told us of is ours only where no stranger could have it. */
export function isNodeHost(host: string, index: HostIndex): boolean {
  const known = index.find(host);
  if (known === undefined) return false;
  const dot = host.indexOf('.');
  if (dot < 0 || known.source.domain !== undefined) return true;
  const domain = host.slice(dot + 1).toLowerCase();
  return PRIVATE_DOMAINS.some((name) => domain === name || domain.endsWith(`.${name}`));
}
