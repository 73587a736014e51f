import { draftsAgain, finishEvent } from '@proxmox-mcp/ingest-kit';
import type { Event, EventDraft, Inventory, NormalizeResult, RawInput } from '@proxmox-mcp/schemas';
import { READERS } from '../commands/normalize.ts';

/** What an input of the past gives today, or why that cannot be said. */
export type ReadAgain =
  | { readonly events: readonly Event[] }
  /** Understood and dropped, or refused, today. */
  | { readonly nothing: string }
  /** `cut`: only a part was kept. `no-reader`: kept to be looked at only. `failed`: the normalizer threw. */
  | { readonly unread: 'cut' | 'no-reader' | 'failed' };

/** Reads an input as the way in that kept it would today. */
export async function readAgain(raw: RawInput, inventory: Inventory): Promise<ReadAgain> {
  if (raw.truncated) return { unread: 'cut' };
  const word = raw.format ?? raw.channel;
  const reader = Object.hasOwn(READERS, word) ? READERS[word] : undefined;
  const bytes = bytesOf(raw, word);
  if (reader === undefined || bytes === undefined) return { unread: 'no-reader' };
  const receivedAt = Date.parse(raw.receivedAt);
  let result: NormalizeResult;
  try {
    const context = raw.context === undefined ? {} : { context: raw.context };
    // A reader whose library is large may be loaded first.
    result = await Promise.resolve(reader.read(bytes, { receivedAt, inventory, ...context }));
  } catch {
    // The product keeps such an input as a dead letter: it says nothing.
    return { unread: 'failed' };
  }
  if ('events' in result) {
    const drafts = draftsAgain(result.events, raw.context);
    const events = drafts.map((draft, index) =>
      finishEvent(draft, {
        channel: raw.channel,
        source: sourceOf(raw, draft, inventory),
        receivedAt,
        rawId: raw.id,
        index,
      }),
    );
    return events.length > 0 ? { events } : { nothing: 'no-event' };
  }
  return { nothing: 'reason' in result ? result.reason : 'api-error' };
}

/** The bytes as the reader of the format wants them: a webhook's body in the request it came with. */
function bytesOf(raw: RawInput, word: string): Buffer | undefined {
  const body = Buffer.from(raw.body, raw.encoding);
  if (word !== 'webhook') return body;
  const { method, url, type } = raw.context ?? {};
  if (method === undefined || url === undefined) return undefined;
  const headers = typeof type === 'string' ? { 'content-type': type } : {};
  return Buffer.from(JSON.stringify({ method, url, headers, body: body.toString('utf8') }));
}

/** An input of a stranger who turns out to be one of ours is told under that one's name, as it would be if it came today. */
function sourceOf({ source }: RawInput, draft: EventDraft, { sources }: Inventory): string {
  if (sources.some(({ id }) => id === source)) return source;
  const known = sources.find(
    ({ product, nodes }) => product === draft.product && nodes.some(({ name }) => name === draft.node),
  );
  return known?.id ?? source;
}
