import { sourceOfDraft } from '@proxmox-mcp/ingest-kit';
import { normalizeNotification, type HostIndex } from '@proxmox-mcp/proxmox-events';
import { OWN_NOTIFICATION, type EventDraft, type NormalizeResult } from '@proxmox-mcp/schemas';
import type { GotifyApps } from './apps.ts';
import type { GotifyMessage } from './parse.ts';

/** Source of what belongs to none. */
const NO_SOURCE = 'gotify';
/**
 * Severities behind the priorities that proxmox-notify gives (PROXMOX §C.5). 3 stands for two of them, and 1 would vouch for a
 * success that the text has to show.
 */
const SEVERITY_OF_PRIORITY: ReadonlyMap<number, string> = new Map([
  [5, 'warning'],
  [9, 'error'],
]);

export interface NormalizeMessageOptions {
  readonly apps: GotifyApps;
  readonly index: HostIndex;
  /** Name of the server, part of the identity: ids of two servers are not the same. */
  readonly server: string;
}

/** What a message says, and the source it is of. */
export interface NormalizedMessage {
  readonly source: string;
  readonly result: NormalizeResult;
}

/** Turns a message of a Gotify server into what happened. */
export function normalizeMessage(
  message: GotifyMessage,
  options: NormalizeMessageOptions,
): NormalizedMessage {
  const { apps, index, server } = options;
  // Our own notifier may post to the same server: its news are about events, not events.
  if (message.extras !== undefined && Object.hasOwn(message.extras, OWN_NOTIFICATION.gotifyExtra)) {
    return { source: NO_SOURCE, result: { ignore: true, reason: 'own-notification' } };
  }
  const sources = apps.route(message, index);
  if ('reject' in sources) return { source: NO_SOURCE, result: sources };
  const severity = SEVERITY_OF_PRIORITY.get(message.priority ?? 0);
  const timestamp = message.sentAtMs === undefined ? undefined : Math.floor(message.sentAtMs / 1000);
  const result = normalizeNotification(
    {
      title: message.title,
      message: message.message,
      ...(severity === undefined ? {} : { severity }),
      ...(timestamp === undefined ? {} : { timestamp }),
    },
    { sources },
  );
  const [draft] = 'events' in result ? result.events : [];
  if (!('events' in result) || draft === undefined) return { source: sources[0].id, result };
  return {
    source: sourceOfDraft(draft, sources).id,
    result: { ...result, events: result.events.map((each) => withMessage(each, message, server)) },
  };
}

function withMessage(draft: EventDraft, message: GotifyMessage, server: string): EventDraft {
  const { id, appid, priority, sentAtMs } = message;
  // What the sender said of its severity is lost; a guess from the priority must not pass for it.
  const { source_severity: _guessed, ...facts } = draft.facts;
  return {
    ...draft,
    facts: {
      ...facts,
      ...(id === undefined ? {} : { gotify_id: id }),
      ...(priority === undefined ? {} : { gotify_priority: priority }),
    },
    // With the second: a server that was set up anew counts from one again.
    ...(id === undefined
      ? {}
      : { identity: `${server}/${appid ?? ''}/${id}/${Math.floor((sentAtMs ?? 0) / 1000)}` }),
  };
}
