import { DiscordAPIError, HTTPError, REST, RateLimitError } from '@discordjs/rest';
import { ApplicationFlags } from 'discord-api-types/v10';
import * as z from 'zod';
import { isLater, isSnowflake } from '../snowflake.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { DiscordError, type DiscordErrorKind } from './discord-error.ts';

export interface DiscordApiOptions {
  /** Base, without a version. */
  readonly url: string;
  readonly token: string;
}

const Me = z.object({ username: z.string() });
const Application = z.object({ flags: z.int().default(0) });
const Channel = z.object({ name: z.string().default(''), last_message_id: z.string().nullish() });
const Messages = z.array(z.object({ id: z.string().refine(isSnowflake) }).loose());
const Gateway = z.object({
  url: z.string(),
  session_start_limit: z.object({ remaining: z.number(), reset_after: z.number() }),
});

/** A message as answered; only its id was looked at. */
export type RawMessage = z.infer<typeof Messages>[number];

/** The calls of a reading bot. Each throws `DiscordError`, or the reason of an aborted signal. */
export interface DiscordApi {
  /** @returns the name of the bot. */
  me(signal: AbortSignal): Promise<string>;
  /** Whether the switch “Message Content Intent” of the Developer Portal is on. */
  isContentGranted(signal: AbortSignal): Promise<boolean>;
  channel(
    id: string,
    signal: AbortSignal,
  ): Promise<{ readonly name: string; readonly lastMessageId: string | undefined }>;
  /** Messages right behind an id, at most 100, or the newest one; oldest first. */
  messages(
    channelId: string,
    from: { readonly after: string } | 'newest',
    signal: AbortSignal,
  ): Promise<RawMessage[]>;
  /** Where the Gateway is, how many sessions may still be started, and in how many milliseconds there are more. */
  gateway(
    signal: AbortSignal,
  ): Promise<{ readonly url: string; readonly remaining: number; readonly resetAfterMs: number }>;
  /** Ends its timers. */
  close(): void;
}

/** The most that one call gives. */
export const PAGE = 100;
const TIMEOUT_MS = 15_000;
/** Waited where a 429 does not say how long. */
const LIMITED_MS = 1_000;

/** Opens Discord's REST API. Buckets and global limits are the library's; what it would wait for is thrown instead, so that a stop need not wait. */
export function createDiscordApi({ url, token }: DiscordApiOptions): DiscordApi {
  const rest = new REST({
    api: url,
    version: '10',
    retries: 0,
    timeout: TIMEOUT_MS,
    rejectOnRateLimit: () => true,
    makeRequest: boundedFetch,
  });

  async function get<T>(
    path: `/${string}`,
    query: Record<string, string>,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    let answer: unknown;
    try {
      // After a 401 the library forgets the token.
      answer = await rest.setToken(token).get(path, { query: new URLSearchParams(query), signal });
    } catch (err) {
      signal.throwIfAborted();
      throw asDiscordError(err, path);
    }
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new DiscordError('not-discord', `reading ${path}: the answer is not Discord's`);
  }

  return {
    me: async (signal) => (await get('/users/@me', {}, Me, signal)).username,
    async isContentGranted(signal) {
      const { flags } = await get('/applications/@me', {}, Application, signal);
      return (
        (flags & (ApplicationFlags.GatewayMessageContent | ApplicationFlags.GatewayMessageContentLimited)) !==
        0
      );
    },
    async channel(id, signal) {
      const { name, last_message_id: last } = await get(`/channels/${id}`, {}, Channel, signal);
      return { name, lastMessageId: typeof last === 'string' && isSnowflake(last) ? last : undefined };
    },
    async messages(channelId, from, signal) {
      const query: Record<string, string> =
        from === 'newest' ? { limit: '1' } : { limit: String(PAGE), after: from.after };
      const page = await get(`/channels/${channelId}/messages`, query, Messages, signal);
      // Answered newest first.
      return page.toSorted((a, b) => (isLater(a.id, b.id) ? 1 : -1));
    },
    async gateway(signal) {
      const { url: address, session_start_limit: limit } = await get('/gateway/bot', {}, Gateway, signal);
      return { url: address, remaining: limit.remaining, resetAfterMs: limit.reset_after };
    },
    close() {
      rest.clearHashSweeper();
      rest.clearHandlerSweeper();
    },
  };
}

function asDiscordError(err: unknown, what: string): DiscordError {
  if (err instanceof RateLimitError) {
    const retryAfterMs = Math.max(err.retryAfter, err.timeToReset, err.sublimitTimeout) || LIMITED_MS;
    return new DiscordError('rate-limited', `reading ${what}: rate limited`, { retryAfterMs });
  }
  if (err instanceof DiscordAPIError) {
    return new DiscordError(
      kindOf(err.status, what),
      `reading ${what}: HTTP ${err.status}, code ${err.code}`,
    );
  }
  if (err instanceof HTTPError) return new DiscordError('unreachable', `reading ${what}: HTTP ${err.status}`);
  return new DiscordError('unreachable', `reading ${what}: ${reasonOf(err)}`);
}

function kindOf(status: number, what: string): DiscordErrorKind {
  if (status === 401) return 'auth';
  if (status === 403) return 'access';
  return status === 404 && what.startsWith('/channels/') ? 'unknown-channel' : 'refused';
}

/** A word of the system's, never a text that may quote a URL. */
function reasonOf(err: unknown): string {
  if (!(err instanceof Error)) return 'no answer';
  if (err.name === 'AbortError' || err.name === 'TimeoutError') return 'no answer in time';
  if (err instanceof SyntaxError) return 'the answer is not JSON';
  const { cause } = err;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'no answer';
}
