import { messageOfRoute, sourcesOfRoute, type NormalizedMessage } from '@proxmox-mcp/ingest-kit';
import { normalizeNotification, type HostIndex } from '@proxmox-mcp/proxmox-events';
import { OWN_NOTIFICATION, type Inventory } from '@proxmox-mcp/schemas';
import type { NtfyMessage } from './parse.ts';

/** Source of what belongs to none. */
const NO_SOURCE = 'ntfy';
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
  const guessedSeverity = SEVERITY_OF_PRIORITY.get(priority ?? 0);
  const result = normalizeNotification(
    {
      title,
      message: message.message,
      timestamp: time,
      ...(guessedSeverity === undefined ? {} : { guessedSeverity }),
      ...(message.file === undefined ? {} : { truncated: true }),
    },
    { sources },
  );
  return messageOfRoute(result, sources, (draft) => ({
    ...draft,
    facts: { ...draft.facts, ntfy_id: id, ...(priority === undefined ? {} : { ntfy_priority: priority }) },
    identity: `${server}/${id}`,
  }));
}
