import { bool, httpUrl, secret } from '@proxmox-mcp/config';
import * as z from 'zod';
import { defineChannel } from '../channel.ts';
import type { Answer } from '../post.ts';
import { post } from '../post.ts';
import { replaceOrSend } from '../replace.ts';
import { renderDiscord } from './render.ts';

const Message = z.object({ id: z.string() });
const RateLimited = z.object({ retry_after: z.number().nonnegative() });

/** Discord webhook: POST <url>?wait=true, PATCH <url>/messages/<id> (Discord docs, Webhook). Its URL is its secret. */
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
  },
  faults: (config) =>
    config.DISCORD_OUT_WEBHOOK_URL === undefined
      ? [{ key: 'DISCORD_OUT_WEBHOOK_URL', message: 'URL of the Discord webhook' }]
      : [],
  create: (config, { dispatcher, now, actLinks }) => ({
    send(notification, signal, earlier) {
      const body = JSON.stringify(renderDiscord(notification, actLinks?.(notification)));
      return replaceOrSend(earlier, {
        send: () => call('POST', '', { wait: 'true' }),
        edit: (remoteId) => call('PATCH', `/messages/${encodeURIComponent(remoteId)}`, {}),
        // Deleted by hand. A webhook that is gone answers so too, and again to the message.
        gone: ['http-404'],
      });

      async function call(method: 'POST' | 'PATCH', path: string, query: Record<string, string>) {
        const url = new URL(config.DISCORD_OUT_WEBHOOK_URL ?? '');
        url.pathname += path;
        // `wait`: without it Discord answers 204 before the message is saved, and says nothing when it is not.
        // `with_components`: a webhook of no application may have link buttons, but has to say so.
        for (const [key, value] of Object.entries({ ...query, with_components: 'true' }))
          url.searchParams.set(key, value);
        const { json } = await post({
          method,
          url: url.href,
          headers: {},
          body,
          dispatcher,
          signal,
          now,
          fault,
        });
        const message = Message.safeParse(json);
        return message.success ? { remoteId: message.data.id } : {};
      }
    },
  }),
});

/** Discord's own words on its errors. */
function fault({ status, json }: Answer) {
  if (status === 429) {
    // The field has fractions that the header rounds; both are in seconds. A Cloudflare ban answers HTML and only the header.
    const limited = RateLimited.safeParse(json);
    return limited.success ? { retryAfterMs: Math.ceil(limited.data.retry_after * 1_000) } : undefined;
  }
  // Rate limits page: a webhook that answers 404 must not be used again, or the address is banned. 401 is a wrong token.
  return status === 404 || status === 401 ? { retryable: false } : undefined;
}
