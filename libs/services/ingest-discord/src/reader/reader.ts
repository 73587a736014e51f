import { BusUnavailable, type KeyValue } from '@proxmox-mcp/bus';
import type { Logger, Metrics } from '@proxmox-mcp/service-kit';
import { createBell } from '../bell.ts';
import type { Clock, Trouble } from '@proxmox-mcp/ingest-kit';
import { keepGateway } from '../gateway/gateway.ts';
import { createDiscordApi, type RawMessage } from '../rest/discord-api.ts';
import { DiscordError } from '../rest/discord-error.ts';
import { FAILED, troubleOfRead } from '../trouble.ts';
import { createChannelReader, type ChannelReader, type Taken } from './channel-reader.ts';
import { createChannelCursor } from './cursor.ts';

export interface ReaderOptions {
  readonly apiUrl: string;
  readonly token: string;
  readonly channels: readonly string[];
  readonly mode: 'gateway' | 'poll';
  readonly pollSeconds: number;
  readonly cursors: KeyValue;
  /** Handles one message; resolves when the bus has stored what it says. */
  readonly take: (message: RawMessage, signal: AbortSignal) => Promise<Taken>;
  /** A message was edited; nothing of it is new evidence. */
  readonly edited: (message: RawMessage, signal: AbortSignal) => Promise<void>;
  /** How reading goes: after every round, troubles one of a kind. */
  readonly report: (isReading: boolean, troubles: readonly Trouble[]) => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** A reader at work. */
export interface Reader {
  isListening(): boolean;
  /** Ends it; resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

/** A channel and when it is looked at next. */
interface Watched {
  readonly channel: ChannelReader;
  dueAt: number;
  /** Looks that failed in a row. */
  failures: number;
  trouble: Trouble | undefined;
  isRead: boolean;
}

interface Told {
  readonly type: 'created' | 'updated';
  readonly message: RawMessage;
}

/** While the Gateway tells, looks find lost permissions and what it forgot; so many times the interval apart. */
const LISTENING_FACTOR = 10;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 60_000;
/** After a refusal that only a person can mend. Discord bans addresses that ask in vain too often. */
const REFUSED_MS = 300_000;
/** After the bus was away, or a fault of ours. */
const FAILED_MS = 5_000;
/** Messages told and not yet handled; of more, a look finds the rest. */
const MAX_TOLD = 1_000;

/** Reads the channels until stopped. */
export function startReader(options: ReaderOptions): Reader {
  const { channels, mode, pollSeconds, cursors, take, clock, log, metrics } = options;
  const now = () => clock.now();
  const looks = metrics.counter('discord_looks_total', 'Looks at a channel', ['outcome']);
  const heard = metrics.counter('discord_heard_total', 'Messages told by the Gateway');
  const stopping = new AbortController();
  const { signal } = stopping;
  const api = createDiscordApi({ url: options.apiUrl, token: options.token });
  const bell = createBell(clock);
  const watched: Watched[] = channels.map((id) => ({
    channel: createChannelReader({ id, api, cursor: createChannelCursor(cursors, id), take, signal }),
    dueAt: 0,
    failures: 0,
    trouble: undefined,
    isRead: false,
  }));
  let told: Told[] = [];
  let isListening = false;
  let gatewayTrouble: Trouble | undefined;

  const missed = () => watched.forEach(({ channel }) => channel.missed());
  const lookSoon = () => {
    for (const one of watched) if (one.failures === 0) one.dueAt = 0;
    bell.ring();
  };

  async function hearTold(): Promise<void> {
    const list = told;
    told = [];
    for (const { type, message } of list) {
      signal.throwIfAborted();
      const one = watched.find(({ channel }) => channel.id === message['channel_id']);
      if (one === undefined) continue;
      if (type === 'updated') await options.edited(message, signal);
      else {
        heard.inc();
        const trouble = await one.channel.hear(message);
        if (trouble !== undefined) one.trouble = trouble;
      }
    }
  }

  async function lookAt(one: Watched): Promise<void> {
    const pauseMs = pollSeconds * 1000 * (isListening ? LISTENING_FACTOR : 1);
    try {
      one.trouble = await one.channel.look();
      one.isRead = true;
      one.failures = 0;
      // Looks again at once when something went unheard meanwhile; not for what only a person can change.
      one.dueAt = now() + (one.channel.hasGap && one.trouble === undefined && isListening ? 0 : pauseMs);
      looks.inc({ outcome: one.trouble?.reason ?? 'read' });
    } catch (err) {
      if (signal.aborted || !(err instanceof DiscordError)) throw err;
      looks.inc({ outcome: err.kind });
      one.isRead &&= err.kind === 'rate-limited';
      one.dueAt = now() + retryMs(err, one.failures, pauseMs);
      one.failures++;
      // Being asked to wait a moment is no trouble; being asked for long is.
      const isBrief = err.kind === 'rate-limited' && (err.retryAfterMs ?? 0) <= LONGEST_RETRY_MS;
      one.trouble = isBrief ? undefined : troubleOfRead(err, one.channel.id);
    }
  }

  async function round(): Promise<void> {
    await hearTold();
    for (const one of watched) {
      if (one.dueAt > now()) continue;
      await lookAt(one);
      await hearTold();
    }
    await tell();
    const next = Math.min(...watched.map(({ dueAt }) => dueAt));
    if (told.length === 0) await bell.wait(Math.max(0, next - now()), signal);
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await round();
      } catch (err) {
        if (signal.aborted) return;
        // What was told and not handled is found by the next look.
        missed();
        if (err instanceof BusUnavailable)
          log.warn({ err }, 'Discord not read while the bus is away, will retry');
        else {
          log.error({ err }, 'reading Discord failed, will retry');
          await options.report(false, [FAILED]);
        }
        await clock.sleep(FAILED_MS, signal).catch(() => undefined);
      }
    }
  }

  async function tell(): Promise<void> {
    const troubles = [...watched.map(({ trouble }) => trouble), gatewayTrouble].filter(
      (t) => t !== undefined,
    );
    await options.report(
      watched.some(({ isRead }) => isRead),
      [...new Map(troubles.map((trouble) => [trouble.reason, trouble])).values()],
    );
  }

  function startGateway(): Promise<void> {
    return keepGateway({
      api,
      token: options.token,
      pollSeconds,
      clock,
      random: options.random,
      log,
      signal,
      onConnected() {
        isListening = true;
        gatewayTrouble = undefined;
        missed();
        lookSoon();
      },
      onLost(trouble) {
        isListening = false;
        gatewayTrouble = trouble ?? gatewayTrouble;
        missed();
        lookSoon();
      },
      onMessage(type, data) {
        // Told objects are looked at like read ones; what has no id was no message.
        if (!isMessage(data)) return;
        if (told.length >= MAX_TOLD) {
          missed();
          return lookSoon();
        }
        told.push({ type, message: data });
        bell.ring();
      },
    });
  }

  async function listen(): Promise<void> {
    while (!signal.aborted) {
      try {
        await startGateway();
      } catch (err) {
        log.error({ err }, 'listening to the Gateway failed, will retry');
        isListening = false;
        await clock.sleep(FAILED_MS, signal).catch(() => undefined);
      }
    }
  }

  const running = Promise.all([run(), mode === 'gateway' ? listen() : undefined]);
  return {
    isListening: () => isListening,
    async stop() {
      stopping.abort();
      await running;
      api.close();
    },
  };
}

function retryMs(err: DiscordError, failures: number, pauseMs: number): number {
  switch (err.kind) {
    case 'rate-limited':
      return err.retryAfterMs ?? FIRST_RETRY_MS;
    case 'auth':
      return REFUSED_MS;
    case 'unreachable':
    case 'not-discord':
      return Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures, 16), LONGEST_RETRY_MS);
    default:
      return pauseMs;
  }
}

function isMessage(data: unknown): data is RawMessage {
  return (
    typeof data === 'object' &&
    data !== null &&
    'id' in data &&
    typeof data.id === 'string' &&
    /^\d{17,20}$/.test(data.id)
  );
}
