import { bool, httpUrl, secret } from '@proxmox-mcp/config';
import { defineChannel } from '../channel.ts';
import { post } from '../post.ts';
import { renderWebhook } from '../webhook/render.ts';
import { signedHeaders } from '../webhook/signature.ts';

/** A workflow of n8n that begins with a Webhook node: the webhook channel's payload with the whole incident beside it. */
export const n8n = defineChannel({
  name: 'n8n',
  words: ['N8N', 'N8N_OUT'],
  switchKey: 'N8N_ENABLED',
  config: {
    N8N_ENABLED: bool().optional().describe('Start an n8n workflow for each notification.'),
    N8N_WEBHOOK_URL: secret()
      .pipe(httpUrl())
      .optional()
      .describe('Production URL of the Webhook node (method POST). Whoever knows it can start the workflow.'),
    N8N_WEBHOOK_SECRET: secret()
      .optional()
      .describe('Key of the HMAC-SHA256 in X-Proxmox-MCP-Signature; unsigned without it.'),
  },
  faults: (config) =>
    config.N8N_WEBHOOK_URL === undefined
      ? [{ key: 'N8N_WEBHOOK_URL', message: 'production URL of the Webhook node' }]
      : [],
  create: (config, { dispatcher, now, incident }) => ({
    async send(notification, signal) {
      const { incidentId } = notification;
      const about = incidentId === undefined ? undefined : await incident?.(incidentId);
      const body = JSON.stringify({
        ...renderWebhook(notification),
        ...(about === undefined ? {} : { incident: about }),
      });
      await post({
        url: config.N8N_WEBHOOK_URL ?? '',
        headers: signedHeaders(notification.id, body, { key: config.N8N_WEBHOOK_SECRET, now: now() }),
        body,
        dispatcher,
        signal,
        now,
      });
      return {};
    },
  }),
});
