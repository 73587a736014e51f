import { createHash } from 'node:crypto';
import { cleanText, clusterOf, severityOf, tidyLine, type HostIndex } from '@proxmox-mcp/proxmox-events';
import type { EventDraft, Product, Severity } from '@proxmox-mcp/schemas';

const MAX_TITLE = 1_000;
const MAX_BODY = 65_536;
const MAX_TYPE = 100;

/** What a sender that is no Proxmox host tells. */
export interface ForeignNotice {
  readonly title: string;
  readonly message: string;
  readonly severity: Severity;
  /** The sender's word for the kind of its notification. */
  readonly type: string;
  /** Hosts or addresses as the sender writes them, a port after them or not; the first that is a node of ours counts. */
  readonly hosts?: readonly string[];
  /** Epoch seconds. */
  readonly at?: number | undefined;
  readonly product: Product;
  /** Makes the report this report; else the bytes and the minute do. */
  readonly identity?: string | undefined;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/**
 * The event of a foreign sender. Always `notification.unmapped`: the types of PROXMOX §G.2 are what Proxmox itself says, and
 * somebody else's words for a backup must not open or close the incident of one.
 */
export function foreignDraft(notice: ForeignNotice, index: HostIndex): EventDraft {
  const title = cleanText(notice.title.slice(0, MAX_TITLE));
  const message = cleanText(notice.message.slice(0, MAX_BODY));
  const known = (notice.hosts ?? [])
    .map((host) => index.find(withoutPort(host)))
    .find((host) => host !== undefined);
  const facts = {
    title: tidyLine(title.text),
    notification_type: cleanText(notice.type.slice(0, MAX_TYPE)).text,
    source_severity: notice.severity,
    ...notice.facts,
    ...(title.sanitized || message.sanitized ? { sanitized: true } : {}),
  };
  return {
    type: 'notification.unmapped',
    severity: severityOf('notification.unmapped', facts),
    product: known?.source.product ?? notice.product,
    ...(known === undefined ? {} : { cluster: clusterOf(known.source, known.node), node: known.node }),
    ...(notice.at === undefined ? {} : { at: notice.at }),
    ...(notice.identity === undefined ? {} : { identity: notice.identity }),
    facts,
    text: { title: tidyLine(title.text), body: message.text },
  };
}

/** A short name for what makes a report this report. */
export function identityOf(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

/** `pve1:9100` → `pve1`, `[2001:db8::1]:9100` → `2001:db8::1`; a bare IPv6 address stays whole. */
function withoutPort(host: string): string {
  const bracketed = /^\[([^\]]{1,64})\](?::\d{1,5})?$/.exec(host.trim())?.[1];
  return bracketed ?? host.trim().replace(/^([^:]{1,255}):\d{1,5}$/, '$1');
}
