import type { Failures } from '../failures.ts';
import type { Received, Reply } from '../http-receiver.ts';
import {
  Buckets,
  fault,
  invalidForm,
  isSnowflake,
  notAllowed,
  ordered,
  snowflakeError,
  unauthorized,
  unknownMessage,
  type RateLimitSetting,
} from './answers.ts';
import type { Guild, GuildChannel } from './guild.ts';
import { publicPart, withoutContent, type DiscordMessage } from './message.ts';

export interface BotRoutesOptions {
  readonly guild: Guild;
  /** Refusals ordered for reads of messages. */
  readonly failures: Failures;
  /** Reads per window of one channel's messages. */
  readonly readLimit: RateLimitSetting;
  /** Address of the Gateway. */
  readonly gatewayUrl: () => string;
}

const MAX_LIMIT = 100;
/** Of everything but the lists of messages. */
const OTHER_LIMIT: RateLimitSetting = { limit: 50, perMs: 1_000 };
/** Flag of an application of fewer than 100 guilds whose Message Content Intent is on. */
const GATEWAY_MESSAGE_CONTENT_LIMITED = 1 << 19;

/** What a bot may ask: itself, the Gateway's address, channels and their messages. */
export function createBotRoutes({ guild, failures, readLimit, gatewayUrl }: BotRoutesOptions) {
  const buckets = new Buckets();

  function list({ id: channelId, history }: GuildChannel, { query }: Received): Reply {
    const refusal = failures.take();
    if (refusal !== undefined) return ordered(refusal.status, refusal.headers);
    const given = query.get('limit');
    const limit = Number(given ?? 50);
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) return invalidForm(limitError(limit));
    for (const key of ['before', 'after', 'around']) {
      const value = query.get(key);
      if (value !== null && !isSnowflake(value)) return invalidForm({ [key]: snowflakeError(value) });
    }
    // Without Read Message History the list is empty, and no error says why.
    const all = history ? guild.messagesOf(channelId) : [];
    return { status: 200, body: pageOf(all, query, limit).toReversed().map(seen) };
  }

  const seen = (message: DiscordMessage) =>
    guild.isContentGranted || message.author.id === guild.bot.id
      ? publicPart(message)
      : withoutContent(publicPart(message));

  function channel(id: string, rest: string, request: Received): Reply {
    if (!isSnowflake(id)) return invalidForm({ channel_id: snowflakeError(id) });
    const found = guild.channels.get(id);
    if (found === undefined) return fault(404, 10003, 'Unknown Channel');
    if (!found.view) return fault(403, 50001, 'Missing Access');
    if (request.method !== 'GET') return notAllowed();
    if (rest === '') return { status: 200, body: channelBody(guild, found) };
    if (rest === '/messages') return list(found, request);
    const message = guild.messagesOf(id).find((one) => rest === `/messages/${one.id}`);
    return message === undefined || !found.history ? unknownMessage() : { status: 200, body: seen(message) };
  }

  /** @returns `undefined` for a path of others. */
  return (path: string, request: Received): Reply | undefined => {
    if (path === '/gateway')
      return buckets.answer(path, OTHER_LIMIT, () => ({ status: 200, body: { url: gatewayUrl() } }));
    const ofChannel = /^\/channels\/([^/]{1,40})(|\/messages(?:\/\d{1,20})?)$/.exec(path);
    const answer = ofChannel
      ? () => channel(ofChannel[1] ?? '', ofChannel[2] ?? '', request)
      : plain(path, { guild, gatewayUrl });
    if (answer === undefined) return undefined;
    if (request.headers['authorization'] !== `Bot ${guild.botToken}`) return unauthorized();
    if (ofChannel === null && request.method !== 'GET') return notAllowed();
    return buckets.answer(
      `${request.method} ${path}`,
      ofChannel?.[2] === '/messages' ? readLimit : OTHER_LIMIT,
      answer,
    );
  };
}

function plain(
  path: string,
  { guild, gatewayUrl }: { readonly guild: Guild; readonly gatewayUrl: () => string },
): (() => Reply) | undefined {
  switch (path) {
    case '/users/@me':
      return () => ({
        status: 200,
        body: { ...guild.bot, mfa_enabled: false, locale: 'en-US', verified: true },
      });
    case '/applications/@me':
    case '/oauth2/applications/@me':
      return () => ({ status: 200, body: applicationBody(guild) });
    case '/gateway/bot':
      return () => ({
        status: 200,
        body: {
          url: gatewayUrl(),
          shards: 1,
          session_start_limit: {
            total: 1_000,
            remaining: 1_000,
            reset_after: 86_400_000,
            max_concurrency: 1,
          },
        },
      });
    default:
      return undefined;
  }
}

/** The page a query asks for, oldest first. `after` gives the ones right behind it, all else the newest. */
function pageOf(
  all: readonly DiscordMessage[],
  query: URLSearchParams,
  limit: number,
): readonly DiscordMessage[] {
  const after = query.get('after');
  if (after !== null) return all.filter(({ id }) => BigInt(id) > BigInt(after)).slice(0, limit);
  const before = query.get('before');
  if (before !== null) return all.filter(({ id }) => BigInt(id) < BigInt(before)).slice(-limit);
  const around = query.get('around');
  if (around === null) return all.slice(-limit);
  const at = all.findIndex(({ id }) => BigInt(id) >= BigInt(around));
  return all.slice(Math.max(0, at - Math.floor(limit / 2))).slice(0, limit);
}

/** A text channel, as REST answers it and GUILD_CREATE lists it. */
export function channelBody(guild: Guild, { id, name }: GuildChannel): Record<string, unknown> {
  return {
    id,
    type: 0,
    flags: 0,
    guild_id: guild.id,
    name,
    position: 0,
    parent_id: null,
    topic: null,
    nsfw: false,
    rate_limit_per_user: 0,
    permission_overwrites: [],
    last_message_id: guild.messagesOf(id).at(-1)?.id ?? null,
  };
}

function applicationBody({ applicationId: id, bot, isContentGranted }: Guild): Record<string, unknown> {
  const flags = isContentGranted ? GATEWAY_MESSAGE_CONTENT_LIMITED : 0;
  return {
    id,
    name: bot.username,
    icon: null,
    description: '',
    type: null,
    bot,
    bot_public: false,
    bot_require_code_grant: false,
    verify_key: '0'.repeat(64),
    flags,
    flags_new: String(flags),
    redirect_uris: [],
    interactions_endpoint_url: null,
    role_connections_verification_url: null,
    owner: { ...bot, id: '300000000000000003', username: 'alice' },
    approximate_guild_count: 1,
    approximate_user_install_count: 0,
    approximate_user_authorization_count: 0,
    explicit_content_filter: 0,
    team: null,
    eligible_oauth2_scopes: ['bot'],
  };
}

const limitError = (limit: number) => ({
  limit: {
    _errors: [
      limit > MAX_LIMIT
        ? { code: 'NUMBER_TYPE_MAX', message: `int value should be less than or equal to ${MAX_LIMIT}.` }
        : { code: 'NUMBER_TYPE_MIN', message: 'int value should be greater than or equal to 1.' },
    ],
  },
});
