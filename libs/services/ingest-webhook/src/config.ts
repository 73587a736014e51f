import { bool, port, secret, text } from '@proxmox-mcp/config';
import * as z from 'zod';

export const WebhookConfig = z
  .object({
    WEBHOOK_IN_ENABLED: bool()
      .optional()
      .describe('Receives notifications of PVE and PBS webhook targets. Unset: on where a token is set'),
    WEBHOOK_IN_TOKEN: secret()
      .optional()
      .describe(
        'Senders must show it: `Authorization: Bearer …` in the target’s headers. At least 8 characters',
      ),
    WEBHOOK_HOST: text()
      .default('127.0.0.1')
      .describe('Address to listen on; put TLS in front before opening it to a network you do not trust'),
    WEBHOOK_PORT: port().default(8088).describe('TCP port; 0 takes a free one'),
  })
  .superRefine((settings, ctx) => {
    const { WEBHOOK_IN_ENABLED: enabled, WEBHOOK_IN_TOKEN: token } = settings;
    const fault = (message: string) => ctx.addIssue({ code: 'custom', path: ['WEBHOOK_IN_TOKEN'], message });
    // Anyone who can reach the port could otherwise tell the product what happened.
    if (enabled === true && token === undefined)
      fault('missing: webhooks are on, and without a token anybody could send them');
    if (token !== undefined && token.length < 8) fault('expected at least 8 characters');
  });
export type WebhookConfig = z.infer<typeof WebhookConfig>;
