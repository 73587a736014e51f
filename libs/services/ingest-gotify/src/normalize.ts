import { messageOfRoute, type NormalizedMessage } from '@proxmox-mcp/ingest-kit';
import {
  guessedSeverityOf,
  isOwnGotifyMessage,
  normalizeGotifyMessage,
  type GotifyNotification,
  type HostIndex,
} from '@proxmox-mcp/proxmox-events';
import type { EventDraft } from '@proxmox-mcp/schemas';
import type { GotifyApps } from './apps.ts';
import type { GotifyMessage } from './parse.ts';

/** Source of what belongs to none. */
export const NO_SOURCE = 'gotify';

export interface NormalizeMessageOptions {
  readonly apps: GotifyApps;
  readonly index: HostIndex;
  /** Name of the server, part of the identity: ids of two servers are not the same. */
  readonly server: string;
}

/** Turns a message of a Gotify server into what happened. */
export function normalizeMessage(
  message: GotifyMessage,
  options: NormalizeMessageOptions,
): NormalizedMessage {
  const { apps, index, server } = options;
  // Before the route: our own notifier may post to the same server by an application that is foreign here.
  if (isOwnGotifyMessage(message.extras)) {
    return { source: NO_SOURCE, result: { ignore: true, reason: 'own-notification' } };
  }
  const sources = apps.route(message, index);
  if ('reject' in sources) return { source: NO_SOURCE, result: sources };
  const result = normalizeGotifyMessage(notificationOf(message), { sources });
  return messageOfRoute(result, sources, (draft) => withPlace(draft, message, server));
}

function notificationOf({ title, message, priority, sentAtMs }: GotifyMessage): GotifyNotification {
  const guessedSeverity = guessedSeverityOf(priority);
  return {
    input: {
      title,
      message,
      ...(guessedSeverity === undefined ? {} : { guessedSeverity }),
      ...(sentAtMs === undefined ? {} : { timestamp: Math.floor(sentAtMs / 1000) }),
    },
    priority,
  };
}

function withPlace(draft: EventDraft, { id, appid, sentAtMs }: GotifyMessage, server: string): EventDraft {
  if (id === undefined) return draft;
  return {
    ...draft,
    facts: { ...draft.facts, gotify_id: id },
    // With the second: a server that was set up anew counts from one again.
    identity: `${server}/${appid ?? ''}/${id}/${Math.floor((sentAtMs ?? 0) / 1000)}`,
  };
}
