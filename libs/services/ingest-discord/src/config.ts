import { bool, httpUrl, int, list, oneOf, secret } from '@proxmox-mcp/config';
import * as z from 'zod';
import { isSnowflake } from './snowflake.ts';
import { webhookIdOf } from './webhook-url.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Ids as Discord's “Copy ID” gives them; a fault names the place of a wrong one, not the text. */
const ids = () =>
  list().superRefine((items, ctx) => {
    items.forEach((item, index) => {
      if (!isSnowflake(item))
        ctx.addIssue({ code: 'custom', message: `item ${index + 1} is no id: expected 17 to 20 digits` });
    });
  });

/** Settings of the Discord reader. */
export const IngestDiscordConfig = z
  .object({
    DISCORD_IN_ENABLED: bool()
      .optional()
      .describe('Reads what Proxmox webhooks post to Discord channels. Unset: on where a bot token is set.'),
    DISCORD_IN_BOT_TOKEN: secret()
      .transform((token) => token.trim().replace(/^Bot /, ''))
      .pipe(z.string().regex(/^[\w.-]{20,200}$/, 'expected the token of a bot (Developer Portal, Bot)'))
      .optional()
      .describe('Token of the bot that reads (Developer Portal → your application → Bot → Reset Token).'),
    DISCORD_IN_CHANNEL_IDS: ids()
      .optional()
      .describe(
        'Channels to read, by id; those of `discord.channels` in config/inventory.yaml come in addition.',
      ),
    DISCORD_IN_WEBHOOK_IDS: ids()
      .optional()
      .describe(
        'Webhooks whose messages count, by id: the number after /webhooks/ in their URL. Everything else in the channel is left alone.',
      ),
    DISCORD_IN_WEBHOOK_URL: secret()
      .pipe(httpUrl())
      .refine((url) => webhookIdOf(url) !== undefined, 'expected a URL with /webhooks/<id>/<token>')
      .optional()
      .describe(
        'URL of such a webhook, instead of its id. It cannot be read from: that takes DISCORD_IN_BOT_TOKEN.',
      ),
    DISCORD_IN_POLL_INTERVAL: int(1, 3600)
      .default(30)
      .describe(
        'Seconds between two looks at a channel while the Gateway, which tells at once, is away or off; with it, ten times as long.',
      ),
    DISCORD_IN_MODE: oneOf(['gateway', 'poll'])
      .default('gateway')
      .describe(
        'gateway: hears messages at once and looks now and then. poll: only looks, for networks without WebSockets.',
      ),
    DISCORD_IN_API_URL: httpUrl()
      .refine(
        (url) => isTrusted(new URL(url)),
        'expected https://, or http:// on loopback: the bot token is sent there',
      )
      .default('https://discord.com/api')
      .describe('Base of Discord’s API, without a version; only for a proxy of your own.'),
  })
  .superRefine((settings, ctx) => {
    const { DISCORD_IN_ENABLED: isOn, DISCORD_IN_BOT_TOKEN: token, DISCORD_IN_WEBHOOK_URL: url } = settings;
    // A webhook's URL alone is what the predecessor asked for: that start must not fail, and says what is missing.
    if (isOn !== true || token !== undefined || url !== undefined) return;
    const message = 'missing: reading a Discord channel needs a bot';
    ctx.addIssue({ code: 'custom', path: ['DISCORD_IN_BOT_TOKEN'], message });
  });
export type IngestDiscordConfig = z.infer<typeof IngestDiscordConfig>;

/** Whether a secret may be sent there: over TLS, or without leaving the machine. */
export function isTrusted({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || protocol === 'wss:' || LOOPBACK.test(hostname);
}
