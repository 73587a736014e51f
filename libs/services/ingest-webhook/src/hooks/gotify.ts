import {
  normalizeGotifyPost,
  readGotifyPost,
  severityOfPriority,
  type HostIndex,
} from '@proxmox-mcp/proxmox-events';
import type { InventorySource, NormalizeResult } from '@proxmox-mcp/schemas';
import type { Body } from '../parse.ts';
import { refuse, type Refused } from '../delivery.ts';
import { foreignDraft } from './foreign-draft.ts';

/** Where a message comes from that no host of ours sent. */
export const GOTIFY_SENDER = 'gotify';

/**
 * Reads what would be posted to a Gotify server. A message in the fence of Proxmox is its notification; whatever else was
 * sent with our token is kept as what it is, a message of another application.
 */
export function readGotifyHook(
  body: Body,
  { source, index }: { readonly source?: InventorySource | undefined; readonly index: HostIndex },
): NormalizeResult | Refused {
  const post = readGotifyPost(body.kind === 'json' ? body.value : undefined);
  if ('reject' in post) return refuse(post.reason, post.detail);
  const [first, ...rest] = source === undefined ? index.sources : [source];
  if (post.isFenced && first !== undefined) return normalizeGotifyPost(post, { sources: [first, ...rest] });
  const { title, message } = post.input;
  const { priority } = post;
  const draft = foreignDraft(
    {
      title: title.trim() === '' ? (message.split('\n', 1)[0] ?? '') : title,
      message,
      severity: severityOfPriority(priority ?? 0),
      type: GOTIFY_SENDER,
      product: source?.product ?? 'pve',
      facts: { ...(priority === undefined ? {} : { gotify_priority: priority }) },
    },
    index,
  );
  return { events: [draft] };
}
