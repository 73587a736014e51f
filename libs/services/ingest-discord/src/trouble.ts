import type { Trouble } from '@proxmox-mcp/ingest-kit';
import type { DiscordError } from './rest/discord-error.ts';

const PORTAL = 'discord.com/developers/applications → your application → Bot';

/** The bot may read, and sees nothing in what it reads. */
export const NO_CONTENT: Trouble = {
  reason: 'message-content-intent',
  detail:
    'the bot lacks the Message Content intent: Discord shows it content and embeds of messages empty, live and by polling alike. Nothing is read until it is switched on; what was posted meanwhile is read then',
  fix: `${PORTAL} → Privileged Gateway Intents: switch on Message Content Intent`,
};

export const NO_TOKEN: Trouble = {
  reason: 'no-bot-token',
  detail: 'DISCORD_IN_WEBHOOK_URL can only be posted to: reading the channel needs a bot in it',
  fix: `set DISCORD_IN_BOT_TOKEN (${PORTAL} → Reset Token); how to make the bot stands in docs/operations.md`,
};

export const NO_CHANNELS: Trouble = {
  reason: 'no-channels',
  detail: 'no channel is named to be read',
  fix: 'set DISCORD_IN_CHANNEL_IDS (Discord with Developer Mode on: right click on the channel → Copy Channel ID)',
};

export const NO_WEBHOOKS: Trouble = {
  reason: 'no-webhooks',
  detail: 'no webhook is named whose messages count: anybody in the channel could tell what happened',
  fix: 'set DISCORD_IN_WEBHOOK_IDS to the number after /webhooks/ in the URL that your Proxmox targets post to',
};

/** The token is refused, by REST or by the Gateway. */
export const BAD_TOKEN: Trouble = {
  reason: 'auth',
  detail: 'Discord refuses the bot token',
  fix: `make a new one (${PORTAL} → Reset Token) and set DISCORD_IN_BOT_TOKEN`,
};

/** Our own fault. */
export const FAILED: Trouble = {
  reason: 'failed',
  detail: 'reading failed; the log says why',
};

/** Read Message History is missing: Discord answers with an empty list then, not with an error. */
export function noHistory(channelId: string): Trouble {
  return {
    reason: 'read-message-history',
    detail: `channel ${channelId} has messages, and none of them is shown to the bot (unless all were deleted)`,
    fix: 'give the bot the permission Read Message History in that channel (channel settings → Permissions)',
  };
}

/** What to call a failed read of a channel, and what to do about it. */
export function troubleOfRead(err: DiscordError, channelId: string): Trouble {
  switch (err.kind) {
    case 'auth':
      return BAD_TOKEN;
    case 'access':
      return {
        reason: 'missing-access',
        detail: `the bot may not see channel ${channelId}`,
        fix: 'give the bot the permissions View Channel and Read Message History in that channel (channel settings → Permissions)',
      };
    case 'unknown-channel':
      return {
        reason: 'unknown-channel',
        detail: `Discord knows no channel ${channelId}`,
        fix: 'correct DISCORD_IN_CHANNEL_IDS: right click on the channel → Copy Channel ID, and invite the bot to its server',
      };
    case 'rate-limited':
      return {
        reason: 'rate-limited',
        detail: 'Discord asks to wait for more than a minute; reading goes on by itself',
      };
    case 'refused':
      return {
        reason: 'refused',
        detail: err.message.slice(0, 500),
        fix: 'look the code up in “Opcodes and Status Codes” of the Discord documentation',
      };
    case 'not-discord':
      return {
        reason: 'not-json',
        detail: err.message.slice(0, 500),
        fix: 'check DISCORD_IN_API_URL and what stands between us and Discord',
      };
    case 'unreachable':
      return {
        reason: 'unreachable',
        detail: err.message.slice(0, 500),
        fix: 'check the way to discord.com: DNS, firewall, proxy; discordstatus.com says whether it is their trouble',
      };
  }
}

/** The Gateway is away while REST may work. */
export function gatewayAway(reason: string, pollSeconds: number): Trouble {
  return {
    reason: 'gateway-unreachable',
    detail: `no connection to the Gateway (${reason.slice(0, 200)}); channels are looked at every ${pollSeconds} s meanwhile`,
    fix: 'let WebSockets to gateway.discord.gg pass, or set DISCORD_IN_MODE=poll',
  };
}
