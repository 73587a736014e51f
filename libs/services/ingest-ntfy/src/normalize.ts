import { sourceOfDraft, sourcesOfRoute } from '@proxmox-mcp/ingest-kit';
import { normalizeNotification, type HostIndex } from '@proxmox-mcp/proxmox-events';
import { OWN_NOTIFICATION, type Inventory, type NormalizeResult } from '@proxmox-mcp/schemas';
import type { NtfyMessage } from './parse.ts';

/** Source of what belongs to none. */
export const NO_SOURCE = 'ntfy';
/** Priorities that can raise the severity of a message whose text says none; 3 is what nobody chose. */
const SEVERITY_OF_PRIORITY: ReadonlyMap<number, string> = new Map([
  [4, 'warning'],
  [5, 'error'],
]);

type Topics = NonNullable<NonNullable<Inventory['ntfy']>['topics']>;

export interface NormalizeMessageOptions {
  /** Whose messages come by which topic; a topic that is not named is anybody's. */
  readonly topics: Topics;
  readonly index: HostIndex;
  /** Name of the server, part of the identity. */
  readonly server: string;
}

/** What a message says, and the source it is of. */
export interface NormalizedMessage {
  readonly source: string;
  readonly result: NormalizeResult;
}

/** Turns a message of an ntfy topic into what happened. */
export function normalizeMessage(message: NtfyMessage, options: NormalizeMessageOptions): NormalizedMessage {
  const { topics, index, server } = options;
  // Our own notifier may publish to the same topic: its news are about events, not events.
  if (message.tags.includes(OWN_NOTIFICATION.ntfyTag)) {
    return { source: NO_SOURCE, result: { ignore: true, reason: 'own-notification' } };
  }
  const ids = Object.hasOwn(topics, message.topic) ? topics[message.topic] : undefined;
  const sources = sourcesOfRoute(ids, index, 'ntfy.topics');
  if ('reject' in sources) return { source: NO_SOURCE, result: sources };
  const { id, time, title, priority } = message;
  const severity = SEVERITY_OF_PRIORITY.get(priority ?? 0);
  const result = normalizeNotification(
    {
      title,
      message: message.message,
      timestamp: time,
      ...(severity === undefined ? {} : { severity }),
      ...(message.file === undefined ? {} : { truncated: true }),
    },
    { sources },
  );
  const [draft] = 'events' in result ? result.events : [];
  if (!('events' in result) || draft === undefined) return { source: sources[0].id, result };
  // What the sender said of its severity is lost; a guess from the priority must not pass for it.
  const { source_severity: _guessed, ...facts } = draft.facts;
  const told = {
    ...draft,
    facts: { ...facts, ntfy_id: id, ...(priority === undefined ? {} : { ntfy_priority: priority }) },
    identity: `${server}/${id}`,
  };
  return { source: sourceOfDraft(draft, sources).id, result: { ...result, events: [told] } };
}
