import { Inbox } from '../inbox.ts';
import {
  author,
  createSnowflakes,
  embedsOf,
  stamp,
  type DiscordAuthor,
  type DiscordMessage,
} from './message.ts';

/** What happened to a message, for the Gateway. */
export interface GuildChange {
  readonly kind: 'MESSAGE_CREATE' | 'MESSAGE_UPDATE' | 'MESSAGE_DELETE';
  readonly message: DiscordMessage;
}

export interface GuildChannel {
  readonly id: string;
  readonly name: string;
  /** Permission View Channel of the bot. */
  view: boolean;
  /** Permission Read Message History of the bot. */
  history: boolean;
}

export interface GuildWebhook {
  readonly id: string;
  readonly token: string;
  readonly channelId: string;
}

/** A pretend server ("guild") with its channels, webhooks, messages and one bot. */
export interface Guild {
  readonly id: string;
  readonly botToken: string;
  readonly bot: DiscordAuthor;
  readonly applicationId: string;
  readonly channels: ReadonlyMap<string, GuildChannel>;
  readonly webhooks: ReadonlyMap<string, GuildWebhook>;
  readonly inbox: Inbox<DiscordMessage>;
  /** The switch “Message Content Intent” of the Developer Portal. */
  isContentGranted: boolean;
  addChannel(name: string): GuildChannel;
  addWebhook(channelId: string): GuildWebhook;
  /** Stores a message and tells the Gateway. */
  post(
    channelId: string,
    by: DiscordAuthor,
    form: Readonly<Record<string, unknown>>,
    webhookId?: string,
  ): DiscordMessage;
  edit(message: DiscordMessage, form: Readonly<Record<string, unknown>>): void;
  remove(message: DiscordMessage): void;
  /** Messages of a channel, oldest first. */
  messagesOf(channelId: string): DiscordMessage[];
  onChange(listener: (change: GuildChange) => void): void;
}

const WEBHOOK_TOKEN = 'lab-webhook-token-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ';
const BOT_ID = '1050000000000000005';

/** A guild with one channel and one webhook in it. */
export function createGuild(now: () => number): Guild {
  const nextId = createSnowflakes(now);
  const channels = new Map<string, GuildChannel>();
  const webhooks = new Map<string, GuildWebhook>();
  const listeners: ((change: GuildChange) => void)[] = [];
  const inbox = new Inbox<DiscordMessage>();
  const tell = (change: GuildChange) => listeners.forEach((listener) => listener(change));

  const guild: Guild = {
    id: '1000000000000000001',
    applicationId: BOT_ID,
    // The shape of a real one: id, time and signature, in base64 without padding.
    botToken: `${Buffer.from(BOT_ID).toString('base64url')}.GLabAB.pretend-signature-0123456789abcdefghij`,
    bot: author(BOT_ID, 'proxmox-reader', true),
    channels,
    webhooks,
    inbox,
    isContentGranted: true,
    addChannel(name) {
      // Snowflakes, and those of the fixtures first.
      const id = String(1_100_000_000_000_000_001n + BigInt(channels.size));
      const channel: GuildChannel = { id, name, view: true, history: true };
      channels.set(id, channel);
      return channel;
    },
    addWebhook(channelId) {
      const id = String(1_200_000_000_000_000_002n + BigInt(webhooks.size));
      const webhook = { id, token: WEBHOOK_TOKEN, channelId };
      webhooks.set(id, webhook);
      return webhook;
    },
    post(channelId, by, form, webhookId) {
      const content = typeof form['content'] === 'string' ? form['content'].trim() : '';
      const message: DiscordMessage = {
        id: nextId(),
        type: 0,
        content,
        embeds: embedsOf(form),
        channel_id: channelId,
        ...(webhookId === undefined ? {} : { webhook_id: webhookId }),
        author: by,
        timestamp: stamp(now()),
        edited_timestamp: null,
        mention_everyone: /@(everyone|here)/.test(content) && mentionsAllowed(form['allowed_mentions']),
        flags: 0,
        allowed_mentions: form['allowed_mentions'],
      };
      inbox.add(message);
      tell({ kind: 'MESSAGE_CREATE', message });
      return message;
    },
    edit(message, form) {
      // In place: whoever holds the message sees the edit, as in a chat.
      Object.assign(message, {
        ...(typeof form['content'] === 'string' ? { content: form['content'] } : {}),
        ...(Array.isArray(form['embeds']) ? { embeds: embedsOf(form) } : {}),
        edited_timestamp: stamp(now()),
      });
      tell({ kind: 'MESSAGE_UPDATE', message });
    },
    remove(message) {
      inbox.remove(({ id }) => id === message.id);
      tell({ kind: 'MESSAGE_DELETE', message });
    },
    messagesOf: (channelId) => inbox.all().filter((message) => message.channel_id === channelId),
    onChange: (listener) => void listeners.push(listener),
  };
  guild.addWebhook(guild.addChannel('proxmox').id);
  return guild;
}

function mentionsAllowed(allowed: unknown): boolean {
  if (typeof allowed !== 'object' || allowed === null) return true;
  return 'parse' in allowed && Array.isArray(allowed.parse) && allowed.parse.includes('everyone');
}
