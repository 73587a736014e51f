import { BusUnavailable } from '@proxmox-mcp/bus';
import type { IngestLine } from '@proxmox-mcp/ingest-kit';
import type { HostIndex, NotificationRoute } from '@proxmox-mcp/proxmox-events';
import type { NormalizeResult } from '@proxmox-mcp/schemas';
import type { Logger } from '@proxmox-mcp/service-kit';
import { admit, EMPTY_CONTENT, NOT_CONFIGURED, type Admission } from './admit.ts';
import type { Clock } from './clock.ts';
import { normalizeMessage, sourceOf } from './normalize.ts';
import { parseMessage } from './parse.ts';
import { routeOf, type ChannelSources } from './route.ts';

export interface TakeMessageOptions {
  readonly line: IngestLine;
  readonly admission: Admission;
  readonly index: () => HostIndex;
  readonly channels: ChannelSources;
  /** Whether one more refused message may be kept. */
  readonly mayKeep: () => boolean;
  /** A message was refused and not kept. */
  readonly onUnkept: (reason: string) => void;
  readonly clock: Clock;
  readonly now: () => number;
  readonly log: Logger;
}

/** A message object as Discord gave it; its id was looked at. */
type Raw = Readonly<Record<string, unknown>> & { readonly id: string };

/** Source of dead letters whose sender is not one of ours. */
const NO_SOURCE = 'discord';
const RETRY_MS = 1_000;

/** Handles messages: parse → admit → normalize → store. */
export function createTakeMessage(options: TakeMessageOptions) {
  const { line, admission, index, channels, mayKeep, onUnkept, clock, now, log } = options;

  /** Waits for a bus that is away: the place may not move on before the message is stored. */
  async function store(
    raw: Raw,
    source: string,
    result: NormalizeResult,
    signal: AbortSignal,
  ): Promise<number> {
    const origin = `channel ${String(raw['channel_id']).slice(0, 20)} message ${raw.id}`;
    const input = { source, origin, raw: JSON.stringify(raw), receivedAt: now() };
    for (;;) {
      try {
        return (await line.settle(input, result)).stored;
      } catch (err) {
        if (!(err instanceof BusUnavailable)) throw err;
        log.warn({ err }, 'message not stored, will retry');
        await clock.sleep(RETRY_MS, signal);
      }
    }
  }

  async function refuse(
    raw: Raw,
    refused: NormalizeResult & { reason: string },
    signal: AbortSignal,
  ): Promise<void> {
    // What people write to each other is counted and never kept; of strangers' webhooks only so much.
    const isPersonal = refused.reason === NOT_CONFIGURED && typeof raw['webhook_id'] !== 'string';
    if (isPersonal || !mayKeep()) return onUnkept(refused.reason);
    await store(raw, NO_SOURCE, refused, signal);
  }

  return {
    /** @returns how many events are stored, or `unreadable` for a message whose content is kept from us. */
    async take(raw: Raw, signal: AbortSignal): Promise<number | 'unreadable'> {
      const message = parseMessage(raw);
      const notAdmitted = 'reject' in message ? message : admit(message, admission);
      if (notAdmitted !== undefined) {
        if ('ignore' in notAdmitted) return store(raw, NO_SOURCE, notAdmitted, signal);
        if (notAdmitted.reason === EMPTY_CONTENT) return 'unreadable';
        await refuse(raw, notAdmitted, signal);
        return 0;
      }
      // A message that was refused has been dealt with above.
      if ('reject' in message) return 0;
      const route = routeOf(message.channel_id, index(), channels);
      const result = 'reject' in route ? route : normalizeMessage(message, route);
      return store(raw, sourceNameOf(result, route), result, signal);
    },
    /** An edit is refused when the message would have counted: evidence does not change (PROXMOX §C.5). */
    async edited(raw: Raw, signal: AbortSignal): Promise<void> {
      const message = parseMessage(raw);
      if ('reject' in message) return;
      const notAdmitted = admit(message, admission);
      // Discord also updates messages by itself, as when it has fetched a link: then nothing was edited.
      if (notAdmitted !== undefined && 'reject' in notAdmitted && notAdmitted.reason === 'edited') {
        await refuse(raw, notAdmitted, signal);
      }
    },
  };
}

function sourceNameOf(result: NormalizeResult, route: NotificationRoute | object): string {
  const draft = 'events' in result ? result.events[0] : undefined;
  return draft === undefined || !('sources' in route) ? NO_SOURCE : sourceOf(draft, route).id;
}
