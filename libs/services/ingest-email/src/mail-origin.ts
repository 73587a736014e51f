import type { HostIndex } from '@proxmox-mcp/proxmox-events';
import type { Product } from '@proxmox-mcp/schemas';
import { isNodeHost } from './node-host.ts';
import type { ParsedMail } from './parse.ts';

/** What the envelope and the header of a mail say of where it comes from; its text may know better. */
export interface MailOrigin {
  readonly host?: string;
  readonly product?: Product;
}

const PBS_AUTHOR = /^Proxmox Backup Server(?:\s+-\s+([A-Za-z0-9][A-Za-z0-9.-]{0,252}))?\s*$/;
const PVE_AUTHOR = /^(?:Proxmox VE|vzdump backup tool)\s*$/;

/** The product whose notifications bear this author; admins may set another. */
export function productOfAuthor(name: string): Product | undefined {
  if (PBS_AUTHOR.test(name)) return 'pbs';
  return PVE_AUTHOR.test(name) ? 'pve' : undefined;
}

/**
 * Who sent a mail, in the order of PROXMOX §C.6: the node in the author's name, the domain of `From` where it is a node, then
 * the first hop. An SMTP target's `From` names no node; a target that delivers straight to us shows its address.
 *
 * @param peer address of the host that delivered the mail to us.
 */
export function originOf(mail: ParsedMail, index: HostIndex, peer?: string): MailOrigin {
  const [sender] = mail.from;
  const name = sender?.name ?? '';
  const product = productOfAuthor(name);
  const domain = sender?.address.slice(sender.address.lastIndexOf('@') + 1);
  const seen = [domain, ...hopsOf(mail.firstHop), peer].filter((host) => host !== undefined);
  // Where nobody told us of any host, as for a recorded mail alone, root's address is the best there is.
  const told =
    index.sources.length === 0 && sender?.address.startsWith('root@') === true ? domain : undefined;
  const host =
    PBS_AUTHOR.exec(name)?.[1] ??
    told ??
    seen.find((candidate) => isNodeHost(candidate, index) || isAddress(candidate, index));
  return { ...(host === undefined ? {} : { host }), ...(product === undefined ? {} : { product }) };
}

/** `from pve1.example.net (pve1 [192.0.2.11]) by mx…` or `by pve1.example.net (Postfix, from userid 0)`: who took it, then who gave it. */
function hopsOf(received: string | undefined): string[] {
  if (received === undefined) return [];
  const text = received.replace(/\s+/g, ' ');
  const by = /[: ]by ([A-Za-z0-9][A-Za-z0-9.-]{0,252})/.exec(text)?.[1];
  const from = /[: ]from ([A-Za-z0-9][A-Za-z0-9.-]{0,252})/.exec(text)?.[1];
  const address = /\[(?:IPv6:)?([0-9A-Fa-f.:]{3,45})\]/.exec(text)?.[1];
  return [by, from, address].filter((host) => host !== undefined);
}

/** Addresses are found as they stand in the inventory; a name never looks like one. */
function isAddress(host: string, index: HostIndex): boolean {
  return /^[0-9A-Fa-f.:]{3,45}$/.test(host) && /[.:]/.test(host) && index.find(host) !== undefined;
}
