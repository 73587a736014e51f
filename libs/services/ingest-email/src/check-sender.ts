import { shortHost, type HostIndex } from '@proxmox-mcp/proxmox-events';
import { productOfAuthor } from './mail-origin.ts';
import { isNodeHost } from './node-host.ts';
import type { MailAddress, ParsedMail } from './parse.ts';

/** Who may tell us what happened. */
export interface SenderPolicy {
  /**
   * Addresses: `pve@example.net`, `*@example.net`, and `root@<node>`, where `<…>` stands for the full name of any node.
   * `undefined`: any address at a node's own name.
   */
  readonly allowedFrom: readonly string[] | undefined;
  readonly index: HostIndex;
}

export interface SenderRefusal {
  readonly reject: true;
  readonly reason: 'sender-not-allowed';
  readonly detail: string;
  /** The address, where it may be one of ours that only nobody told us of. */
  readonly address?: string;
}

const AT_NODE = ['*@<node>'];
/**
 * Whether the sender of a mail is believed (PROXMOX §G.6): one address in `From`, on the list, and no server on the way that
 * found SPF or DMARC to fail.
 */
export function checkSender(mail: ParsedMail, policy: SenderPolicy): SenderRefusal | undefined {
  const refuse = (detail: string, address?: string): SenderRefusal => ({
    reject: true,
    reason: 'sender-not-allowed',
    detail,
    ...(address === undefined ? {} : { address }),
  });
  const failed = failedMethod(mail.authenticationResults);
  if (failed !== undefined) return refuse(`the receiving server says ${failed}=fail`);
  const [sender, second] = mail.from;
  if (sender === undefined || sender.address === '') return refuse('no address in From');
  if (second !== undefined) return refuse('more than one address in From');
  const isAllowed = (policy.allowedFrom ?? AT_NODE).some((entry) =>
    matches(sender.address, entry, policy.index),
  );
  if (isAllowed) return undefined;
  const detail = `${sender.address} is neither a node's address nor in EVENT_EMAIL_ALLOWED_FROM`;
  return refuse(detail, looksLikeOurs(sender, policy.index) ? sender.address : undefined);
}

/** Named like a node, or written by Proxmox: worth telling the operator, who alone knows. */
function looksLikeOurs({ name, address }: MailAddress, index: HostIndex): boolean {
  const host = address.slice(address.lastIndexOf('@') + 1);
  return productOfAuthor(name) !== undefined || index.find(shortHost(host)) !== undefined;
}

function matches(address: string, entry: string, index: HostIndex): boolean {
  const at = address.lastIndexOf('@');
  const [local, host] = [address.slice(0, at), address.slice(at + 1)];
  const wanted = entry.trim().toLowerCase();
  const wantedAt = wanted.lastIndexOf('@');
  if (at < 0 || wantedAt < 0) return false;
  const [wantedLocal, wantedHost] = [wanted.slice(0, wantedAt), wanted.slice(wantedAt + 1)];
  if (wantedLocal !== local && wantedLocal !== '*' && wantedLocal !== '') return false;
  return wantedHost.startsWith('<') ? isNodeHost(host, index) : wantedHost === host;
}

/** RFC 8601: `…; spf=fail smtp.mailfrom=evil.test; dmarc=fail …`; comments and quoted reasons are no results. */
function failedMethod(headers: readonly string[]): string | undefined {
  for (const header of headers) {
    const results = withoutComments(header.replace(/"[^"]{0,1000}"/g, '""'));
    const failed = /[;\s](dmarc|spf)(?:\/\d{1,3})?\s{0,4}=\s{0,4}fail(?![a-z])/i.exec(results)?.[1];
    if (failed !== undefined) return failed.toLowerCase();
  }
  return undefined;
}

/** Comments of RFC 5322 nest. */
function withoutComments(text: string): string {
  let depth = 0;
  let out = '';
  for (const character of text) {
    if (character === '(') depth += 1;
    else if (character === ')') depth = Math.max(0, depth - 1);
    else if (depth === 0) out += character;
  }
  return out;
}
