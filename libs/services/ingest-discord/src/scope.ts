import type { Inventory } from '@proxmox-mcp/schemas';
import type { IngestDiscordConfig } from './config.ts';
import { webhookIdOf } from './webhook-url.ts';

/** Channels to read: those of the settings and those the inventory gives sources. */
export function channelsOf(config: IngestDiscordConfig, { discord }: Inventory): string[] {
  return unique([...(config.DISCORD_IN_CHANNEL_IDS ?? []), ...Object.keys(discord?.channels ?? {})]);
}

/** Webhooks whose messages count. */
export function webhooksOf(config: IngestDiscordConfig, { discord }: Inventory): string[] {
  const ofUrl = webhookIdOf(config.DISCORD_IN_WEBHOOK_URL ?? '');
  return unique([
    ...(config.DISCORD_IN_WEBHOOK_IDS ?? []),
    ...(discord?.webhook_ids ?? []),
    ...(ofUrl === undefined ? [] : [ofUrl]),
  ]);
}

const unique = (items: readonly string[]) => [...new Set(items)];
