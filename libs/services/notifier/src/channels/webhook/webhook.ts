import { bool, httpUrl, secret } from '@proxmox-mcp/config';
import { defineChannel } from '../channel.ts';
import { post } from '../post.ts';
import { renderWebhook } from './render.ts';
import { signature } from './signature.ts';

/** A webhook of the user's own: one JSON object per notification, signed. */
export const webhook = defineChannel({
  name: 'webhook',
  words: ['WEBHOOK', 'WEBHOOK_OUT', 'NOTIFY_WEBHOOK'],
  switchKey: 'NOTIFY_WEBHOOK_ENABLED',
  config: {
    NOTIFY_WEBHOOK_ENABLED: bool().optional().describe('Post notifications as JSON to a URL of yours.'),
    NOTIFY_WEBHOOK_URL: secret().pipe(httpUrl()).optional().describe('Where notifications are posted.'),
    NOTIFY_WEBHOOK_SECRET: secret()
      .optional()
      .describe('Key of the HMAC-SHA256 in X-Proxmox-MCP-Signature; unsigned without it.'),
  },
  faults: (config) =>
    config.NOTIFY_WEBHOOK_URL === undefined ? [{ key: 'NOTIFY_WEBHOOK_URL', message: 'where to post' }] : [],
  create: (config, { dispatcher, now }) => ({
    async send(notification, signal) {
      const body = JSON.stringify(renderWebhook(notification));
      const timestamp = String(Math.floor(now() / 1_000));
      const key = config.NOTIFY_WEBHOOK_SECRET;
      await post({
        url: config.NOTIFY_WEBHOOK_URL ?? '',
        headers: {
          'user-agent': 'proxmox-mcp',
          'idempotency-key': notification.id,
          'x-proxmox-mcp-timestamp': timestamp,
          ...(key === undefined ? {} : { 'x-proxmox-mcp-signature': signature(key, timestamp, body) }),
        },
        body,
        dispatcher,
        signal,
        now,
      });
      return {};
    },
  }),
});
