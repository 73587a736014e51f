import { Failures } from '../failures.ts';
import { listen } from '../http-receiver.ts';
import type { Receiver, ReceiverOptions } from '../receiver.ts';
import { notFound, type RateLimitSetting } from './answers.ts';
import { createBotRoutes } from './bot-routes.ts';
import { openGateway, type DiscordGateway } from './gateway.ts';
import { createGuild, type GuildChannel } from './guild.ts';
import { author, type DiscordMessage } from './message.ts';
import { createWebhookRoutes } from './webhook-routes.ts';

export interface DiscordOptions extends ReceiverOptions {
  /** Requests per window and method to one webhook; default 5 per 2,000 ms, as Discord has it. */
  readonly rateLimit?: RateLimitSetting;
  /** Reads per window of one channel's messages; default 5 per 1,000 ms. */
  readonly readLimit?: RateLimitSetting;
  /** Interval that the Gateway asks for; default 41,250 ms, as Discord has it. */
  readonly heartbeatMs?: number;
}

/** A pretend Discord: a server with channels, incoming webhooks, and a bot that reads by REST and Gateway. */
export interface DiscordReceiver extends Receiver<DiscordMessage> {
  /** The secret URL of the first webhook. */
  readonly webhookUrl: string;
  readonly webhookId: string;
  /** The first channel, where that webhook posts. */
  readonly channelId: string;
  /** Base of the API, without a version. */
  readonly apiUrl: string;
  readonly botToken: string;
  readonly gateway: DiscordGateway;
  /** @returns the id of the new channel. */
  addChannel(name: string): string;
  /** @returns the id and the secret URL of the new webhook. */
  addWebhook(channelId: string): { readonly id: string; readonly url: string };
  /** A person writes. */
  say(content: string, channelId?: string): DiscordMessage;
  /** Gives or takes the bot's permissions in a channel. */
  permit(channelId: string, permissions: Partial<Pick<GuildChannel, 'view' | 'history'>>): void;
  /** The switch “Message Content Intent” of the Developer Portal; on at first. */
  permitContent(isGranted: boolean): void;
  /** The next `count` reads of messages are refused with this status; 429 with `x-ratelimit-global: true` is the global one. */
  failReads(count: number, status: number, headers?: Readonly<Record<string, string>>): void;
  /** What was asked so far, oldest first: `GET /channels/1/messages?limit=100`. At most the newest 1,000; no webhook's token. */
  requests(): readonly string[];
}

const MAX_REQUESTS = 1_000;

/** Starts a pretend Discord. */
export async function startDiscord(options: DiscordOptions = {}): Promise<DiscordReceiver> {
  const guild = createGuild(options.now ?? Date.now);
  const failures = new Failures();
  const readFailures = new Failures();
  const requests: string[] = [];
  const gatewayUrl = () => http.url.replace(/^http/, 'ws');
  const webhookRoutes = createWebhookRoutes({
    guild,
    failures,
    rateLimit: options.rateLimit ?? { limit: 5, perMs: 2_000 },
  });
  const botRoutes = createBotRoutes({
    guild,
    failures: readFailures,
    readLimit: options.readLimit ?? { limit: 5, perMs: 1_000 },
    gatewayUrl,
  });
  const http = await listen((request) => {
    // Without a version Discord answers as v6 did; nothing here differs between them.
    const path = /^\/api(?:\/v\d{1,2})?(\/.*)$/.exec(request.path)?.[1];
    if (path === undefined) return notFound();
    const shown = path.replace(/^(\/webhooks\/\d+\/)[^/]+/, '$1***');
    requests.push(
      `${request.method} ${shown}${request.query.size > 0 ? `?${request.query.toString()}` : ''}`,
    );
    if (requests.length > MAX_REQUESTS) requests.shift();
    return webhookRoutes(path, request) ?? botRoutes(path, request) ?? notFound();
  }, options);
  const gateway = openGateway({
    server: http.server,
    guild,
    url: gatewayUrl,
    heartbeatMs: options.heartbeatMs ?? 41_250,
  });
  const urlOf = ({ id, token }: { readonly id: string; readonly token: string }) =>
    `${http.url}/api/webhooks/${id}/${token}`;
  const [channel] = guild.channels.values();
  const [webhook] = guild.webhooks.values();
  if (channel === undefined || webhook === undefined) throw new Error('a guild has a channel and a webhook');

  return {
    url: http.url,
    webhookUrl: urlOf(webhook),
    webhookId: webhook.id,
    channelId: channel.id,
    apiUrl: `${http.url}/api`,
    botToken: guild.botToken,
    gateway,
    addChannel: (name) => guild.addChannel(name).id,
    addWebhook(channelId) {
      const added = guild.addWebhook(channelId);
      return { id: added.id, url: urlOf(added) };
    },
    say: (content, channelId = channel.id) =>
      guild.post(channelId, author('300000000000000003', 'alice', false), { content }),
    permit(channelId, permissions) {
      const known = guild.channels.get(channelId);
      if (known !== undefined) Object.assign(known, permissions);
    },
    permitContent: (isGranted) => void (guild.isContentGranted = isGranted),
    failReads: (count, status, headers) => readFailures.order(count, status, headers),
    requests: () => requests,
    messages: () => guild.inbox.all(),
    next: (predicate, timeoutMs) => guild.inbox.next(predicate, timeoutMs),
    failNext: (count, status, headers) => failures.order(count, status, headers),
    async close() {
      gateway.close();
      await http.close();
    },
  };
}
