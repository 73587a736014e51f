import { failedCheck, type SourceCheck } from '@proxmox-mcp/ingest-kit';
import type { Inventory } from '@proxmox-mcp/schemas';
import type { IngestDiscordConfig } from './config.ts';
import type { DiscordApi } from './rest/discord-api.ts';
import { DiscordError } from './rest/discord-error.ts';
import { channelsOf, webhooksOf } from './scope.ts';
import { NO_CHANNELS, NO_CONTENT, NO_TOKEN, NO_WEBHOOKS, noHistory, troubleOfRead } from './trouble.ts';

/**
 * Looks at whether the channels can be read with these settings: token, Message Content intent, and every channel with its
 * permissions. Reads nothing but the newest message. Empty when Discord is not to be read.
 */
export async function checkDiscord(
  config: IngestDiscordConfig,
  inventory: Inventory,
  signal: AbortSignal,
): Promise<SourceCheck[]> {
  const { DISCORD_IN_BOT_TOKEN: token, DISCORD_IN_WEBHOOK_URL: webhookUrl } = config;
  if (token === undefined) return webhookUrl === undefined ? [] : [failedCheck('Discord (in)', NO_TOKEN)];
  const channels = channelsOf(config, inventory);
  const checks = [
    ...(channels.length === 0 ? [failedCheck('Discord (in): channels', NO_CHANNELS)] : []),
    ...(webhooksOf(config, inventory).length === 0
      ? [failedCheck('Discord (in): webhooks', NO_WEBHOOKS)]
      : []),
  ];
  const { createDiscordApi } = await import('./rest/discord-api.ts');
  const api = createDiscordApi({ url: config.DISCORD_IN_API_URL, token });
  try {
    const bot = await attempt('Discord (in)', async () =>
      passed(`Discord (in): answers, as ${await api.me(signal)}`),
    );
    if (bot.status === 'failed') return [...checks, bot];
    checks.push(bot, await attempt('Discord (in): Message Content intent', () => checkIntent(api, signal)));
    for (const id of channels) {
      checks.push(await attempt(`Discord (in): channel ${id}`, () => checkChannel(api, id, signal), id));
    }
    return checks;
  } finally {
    api.close();
  }
}

async function checkIntent(api: DiscordApi, signal: AbortSignal): Promise<SourceCheck> {
  const what = 'Discord (in): Message Content intent';
  return (await api.isContentGranted(signal)) ? passed(`${what} is on`) : failedCheck(what, NO_CONTENT);
}

async function checkChannel(api: DiscordApi, id: string, signal: AbortSignal): Promise<SourceCheck> {
  const { name, lastMessageId } = await api.channel(id, signal);
  const what = `Discord (in): channel ${id} (#${name})`;
  const shown = await api.messages(id, 'newest', signal);
  return shown.length === 0 && lastMessageId !== undefined
    ? failedCheck(what, noHistory(id))
    : passed(`${what} can be read`);
}

async function attempt(what: string, look: () => Promise<SourceCheck>, channelId = ''): Promise<SourceCheck> {
  try {
    return await look();
  } catch (err) {
    if (!(err instanceof DiscordError)) throw err;
    return failedCheck(what, troubleOfRead(err, channelId));
  }
}

const passed = (what: string): SourceCheck => ({ status: 'passed', what });
