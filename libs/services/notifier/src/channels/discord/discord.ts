import { bool, httpUrl, secret, text } from '@proxmox-mcp/config';
import * as z from 'zod';
import { defineChannel } from '../channel.ts';
import { type Answer, type Fault, post } from '../post.ts';
import { replaceOrSend } from '../replace.ts';
import { botPlace, webhookPlace } from './place.ts';
import { renderDiscord } from './render.ts';

const Message = z.object({ id: z.string() });
const RateLimited = z.object({ retry_after: z.number().nonnegative() });

/** Discord: a webhook, or a bot's token and a channel (Discord docs, Webhook and Message resources). */
export const discord = defineChannel({
  name: 'discord',
  words: ['DISCORD_OUT', 'DISCORD'],
  switchKey: 'DISCORD_OUT_ENABLED',
  config: {
    DISCORD_OUT_ENABLED: bool().optional().describe('Send notifications to a Discord channel.'),
    DISCORD_OUT_WEBHOOK_URL: secret()
      .pipe(httpUrl())
      .optional()
      .describe('URL of the Discord webhook (channel settings, Integrations). Whoever knows it can post.'),
    DISCORD_OUT_BOT_TOKEN: secret()
      .optional()
      .describe(
        'Token of a bot that posts instead of the webhook; it needs View Channel, Send Messages and Embed Links.',
      ),
    DISCORD_OUT_CHANNEL_ID: text()
      .refine((id) => /^\d{1,20}$/.test(id), 'expected the id of a channel, a number')
      .optional()
      .describe('Channel the bot posts to.'),
    DISCORD_OUT_API_URL: httpUrl()
      .default('https://discord.com/api')
      .describe('Address of the API the bot speaks to.'),
  },
  faults: (config) => {
    if (config.DISCORD_OUT_BOT_TOKEN !== undefined) {
      return config.DISCORD_OUT_CHANNEL_ID === undefined
        ? [{ key: 'DISCORD_OUT_CHANNEL_ID', message: 'the channel the bot posts to' }]
        : [];
    }
    return config.DISCORD_OUT_WEBHOOK_URL === undefined
      ? [{ key: 'DISCORD_OUT_WEBHOOK_URL', message: 'URL of the Discord webhook' }]
      : [];
  },
  create: (config, { dispatcher, now, actLinks }) => {
    const token = config.DISCORD_OUT_BOT_TOKEN;
    const place =
      token === undefined
        ? webhookPlace(config.DISCORD_OUT_WEBHOOK_URL ?? '')
        : botPlace(config.DISCORD_OUT_API_URL, token, config.DISCORD_OUT_CHANNEL_ID ?? '');
    const fault = token === undefined ? webhookFault : limitFault;
    return {
      send(notification, signal, earlier) {
        const message = renderDiscord(notification, actLinks?.(notification));
        return replaceOrSend(earlier, {
          send: () => call('POST', place.post, { ...message, ...place.extras(notification.id) }),
          edit: (remoteId) => call('PATCH', place.edit(remoteId), message),
          // Deleted by hand. A webhook or channel that is gone answers so too, and again to the message.
          gone: ['http-404'],
        });

        async function call(method: 'POST' | 'PATCH', url: string, body: unknown) {
          const { headers } = place;
          const { json } = await post({
            method,
            url,
            headers,
            body: JSON.stringify(body),
            dispatcher,
            signal,
            now,
            fault,
          });
          const answer = Message.safeParse(json);
          return answer.success ? { remoteId: answer.data.id } : {};
        }
      },
    };
  },
});

/** The field has fractions that the header rounds; both are in seconds. A Cloudflare ban answers HTML and only the header. */
function limitFault({ status, json }: Answer): Fault | undefined {
  const limited = status === 429 ? RateLimited.safeParse(json) : undefined;
  return limited?.success === true
    ? { retryAfterMs: Math.ceil(limited.data.retry_after * 1_000) }
    : undefined;
}

/** Rate limits page: a webhook that answers 404 must not be used again, or the address is banned. 401 is a wrong token. */
function webhookFault(answer: Answer): Fault | undefined {
  const isGone = answer.status === 404 || answer.status === 401;
  return isGone ? { retryable: false } : limitFault(answer);
}
