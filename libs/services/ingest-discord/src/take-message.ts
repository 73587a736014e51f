import {
  normalizeSafely,
  sourceOfDraft,
  type Ingested,
  type NormalizedMessage,
  type PatientSettle,
} from '@proxmox-mcp/ingest-kit';
import type { HostIndex } from '@proxmox-mcp/proxmox-events';
import type { CounterHandle, Logger } from '@proxmox-mcp/service-kit';
import { admit, EMPTY_CONTENT, NOT_CONFIGURED, type Admission } from './admit.ts';
import { normalizeMessage } from './normalize.ts';
import { parseMessage } from './parse.ts';
import { routeOf, type ChannelSources } from './route.ts';

export interface TakeMessageOptions {
  readonly settle: PatientSettle;
  readonly admission: Admission;
  readonly index: () => HostIndex;
  readonly channels: ChannelSources;
  /** Counts refused messages that are not kept, by `reason`. */
  readonly unkept: CounterHandle;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

/** A message object as Discord gave it; its id was looked at. */
type Raw = Readonly<Record<string, unknown>> & { readonly id: string };

/** Source of dead letters whose sender is not one of ours. */
const NO_SOURCE = 'discord';

/** Handles messages: parse → admit → normalize → store. */
export function createTakeMessage(options: TakeMessageOptions) {
  const { settle, admission, index, channels, unkept, now, log } = options;

  function understand(raw: Raw): NormalizedMessage {
    const message = parseMessage(raw);
    if ('reject' in message) return { source: NO_SOURCE, result: message };
    const notAdmitted = admit(message, admission);
    if (notAdmitted !== undefined) return { source: NO_SOURCE, result: notAdmitted };
    const route = routeOf(message.channel_id, index(), channels);
    if ('reject' in route) return { source: NO_SOURCE, result: route };
    const result = normalizeMessage(message, route);
    const draft = 'events' in result ? result.events[0] : undefined;
    return { source: draft === undefined ? NO_SOURCE : sourceOfDraft(draft, route.sources).id, result };
  }

  const safely = (raw: Raw) =>
    normalizeSafely(() => understand(raw), { id: raw.id, noSource: NO_SOURCE, log });

  async function store(
    raw: Raw,
    { source, result }: NormalizedMessage,
    signal: AbortSignal,
  ): Promise<Ingested | undefined> {
    // What people write to each other is counted, and no business of ours.
    if ('reject' in result && result.reason === NOT_CONFIGURED && typeof raw['webhook_id'] !== 'string') {
      unkept.inc({ reason: result.reason });
      return undefined;
    }
    const channel = typeof raw['channel_id'] === 'string' ? raw['channel_id'].slice(0, 20) : '?';
    const origin = `channel ${channel} message ${raw.id}`;
    return settle({ source, origin, raw: JSON.stringify(raw), receivedAt: now() }, result, signal);
  }

  return {
    /** @returns how many events are stored, or `unreadable` for a message whose content is kept from us. */
    async take(raw: Raw, signal: AbortSignal): Promise<number | 'unreadable'> {
      const understood = safely(raw);
      if ('reject' in understood.result && understood.result.reason === EMPTY_CONTENT) return 'unreadable';
      return (await store(raw, understood, signal))?.stored ?? 0;
    },
    /**
     * An edit is refused when the message would have counted: evidence does not change (PROXMOX §C.5). Discord also updates
     * messages by itself, as when it has fetched a link: then nothing was edited.
     */
    async edited(raw: Raw, signal: AbortSignal): Promise<void> {
      const understood = safely(raw);
      if ('reject' in understood.result && understood.result.reason === 'edited')
        await store(raw, understood, signal);
    },
  };
}
