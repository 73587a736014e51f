import { bool, httpUrl, oneOf, secret } from '@proxmox-mcp/config';
import { defineChannel } from '../channel.ts';
import { post } from '../post.ts';
import { renderCloudEvent, renderWebhook } from './render.ts';
import { signedHeaders } from './signature.ts';

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
    NOTIFY_WEBHOOK_FORMAT: oneOf(['plain', 'cloudevents'])
      .default('plain')
      .describe('plain, or cloudevents: the same inside a CloudEvent 1.0 (structured mode).'),
  },
  faults: (config) =>
    config.NOTIFY_WEBHOOK_URL === undefined ? [{ key: 'NOTIFY_WEBHOOK_URL', message: 'where to post' }] : [],
  create: (config, { dispatcher, now }) => ({
    async send(notification, signal) {
      const isCloudEvent = config.NOTIFY_WEBHOOK_FORMAT === 'cloudevents';
      const body = JSON.stringify(
        isCloudEvent ? renderCloudEvent(notification) : renderWebhook(notification),
      );
      await post({
        url: config.NOTIFY_WEBHOOK_URL ?? '',
        headers: {
          ...signedHeaders(notification.id, body, { key: config.NOTIFY_WEBHOOK_SECRET, now: now() }),
          ...(isCloudEvent ? { 'content-type': 'application/cloudevents+json; charset=utf-8' } : {}),
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
