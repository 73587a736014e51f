import type { EventDraft, NormalizeResult } from '@proxmox-mcp/schemas';
import type { Logger } from '@proxmox-mcp/service-kit';
import { sourceOfDraft } from './source-of-draft.ts';
import type { RouteSources } from './sources-of-route.ts';

/** What a message says, and the source it is of. */
export interface NormalizedMessage {
  readonly source: string;
  readonly result: NormalizeResult;
}

/**
 * The message that came by a way which these sources share: of the source that its event is about, of the first where it has none.
 *
 * @param complete adds to each draft what the way in knows besides: the id of the message, and the identity that comes of it.
 */
export function messageOfRoute(
  result: NormalizeResult,
  sources: RouteSources,
  complete: (draft: EventDraft) => EventDraft,
): NormalizedMessage {
  const [first] = 'events' in result ? result.events : [];
  if (!('events' in result) || first === undefined) return { source: sources[0].id, result };
  return {
    source: sourceOfDraft(first, sources).id,
    result: { ...result, events: result.events.map(complete) },
  };
}

export interface NormalizeSafelyOptions {
  /** Of the message, for the log. */
  readonly id: string | number;
  /** Source of what belongs to none. */
  readonly noSource: string;
  readonly log: Logger;
}

/** What `normalize` says of a message; where it throws, a refusal, so that the message is kept and the next one is read. */
export function normalizeSafely(
  normalize: () => NormalizedMessage,
  { id, noSource, log }: NormalizeSafelyOptions,
): NormalizedMessage {
  try {
    return normalize();
  } catch (err) {
    // Our fault; the next message must not wait for it.
    log.error({ err, id }, 'normalizer threw, message kept as a dead letter');
    return { source: noSource, result: { reject: true, reason: 'normalizer-threw' } };
  }
}
