import type { Inventory } from '@proxmox-mcp/schemas';
import type { IngestDiscordConfig } from './config.ts';
import type { DiscordApi } from './rest/discord-api.ts';
import { DiscordError } from './rest/discord-error.ts';
import { channelsOf, webhooksOf } from './scope.ts';
import {
  NO_CHANNELS,
  NO_CONTENT,
  NO_TOKEN,
  NO_WEBHOOKS,
  noHistory,
  troubleOfRead,
  type Trouble,
} from './trouble.ts';

/** One thing that was looked at, and what is wrong with it. */
export interface DiscordCheck {
  readonly what: string;
  readonly trouble?: Trouble;
}

/**
 * Looks at whether the channels can be read with these settings: token, Message Content intent, and every channel with its
 * permissions. Reads nothing but the newest message. Empty when Discord is not to be read.
 */
export async function checkDiscord(
  config: IngestDiscordConfig,
  inventory: Inventory,
  signal: AbortSignal,
): Promise<DiscordCheck[]> {
  const { DISCORD_IN_BOT_TOKEN: token, DISCORD_IN_WEBHOOK_URL: webhookUrl } = config;
  if (token === undefined)
    return webhookUrl === undefined ? [] : [{ what: 'Discord: reading', trouble: NO_TOKEN }];
  const channels = channelsOf(config, inventory);
  const checks: DiscordCheck[] = [
    ...(channels.length === 0 ? [{ what: 'Discord: channels', trouble: NO_CHANNELS }] : []),
    ...(webhooksOf(config, inventory).length === 0
      ? [{ what: 'Discord: webhooks', trouble: NO_WEBHOOKS }]
      : []),
  ];
  const { createDiscordApi } = await import('./rest/discord-api.ts');
  const api = createDiscordApi({ url: config.DISCORD_IN_API_URL, token });
  try {
    const bot = await attempt('Discord: bot token', async () => ({
      what: `Discord: answers, as ${await api.me(signal)}`,
    }));
    if (bot.trouble !== undefined) return [...checks, bot];
    checks.push(bot, await attempt('Discord: Message Content intent', () => checkIntent(api, signal)));
    for (const id of channels) {
      checks.push(await attempt(`Discord: channel ${id}`, () => checkChannel(api, id, signal), id));
    }
    return checks;
  } finally {
    api.close();
  }
}

async function checkIntent(api: DiscordApi, signal: AbortSignal): Promise<DiscordCheck> {
  const what = 'Discord: Message Content intent is on';
  return (await api.isContentGranted(signal)) ? { what } : { what, trouble: NO_CONTENT };
}

async function checkChannel(api: DiscordApi, id: string, signal: AbortSignal): Promise<DiscordCheck> {
  const { name, lastMessageId } = await api.channel(id, signal);
  const what = `Discord: channel ${id} (#${name}) can be read`;
  const shown = await api.messages(id, 'newest', signal);
  return shown.length === 0 && lastMessageId !== undefined ? { what, trouble: noHistory(id) } : { what };
}

async function attempt(
  what: string,
  look: () => Promise<DiscordCheck>,
  channelId = '',
): Promise<DiscordCheck> {
  try {
    return await look();
  } catch (err) {
    if (!(err instanceof DiscordError)) throw err;
    return { what, trouble: troubleOfRead(err, channelId) };
  }
}
