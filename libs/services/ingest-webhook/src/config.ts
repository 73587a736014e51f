import { bool, int, port, secret, text } from '@proxmox-mcp/config';
import * as z from 'zod';

const MIN_TOKEN = 8;

/** `name:token` pairs, separated by commas or line ends: the content of the file that `WEBHOOK_IN_TOKENS_FILE` names. */
const tokensBySource = secret().transform((text, ctx): ReadonlyMap<string, string> => {
  const pairs = text
    .split(/[,\n]/)
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '');
  const tokens = new Map<string, string>();
  for (const [index, pair] of pairs.entries()) {
    const colon = pair.indexOf(':');
    const name = pair.slice(0, Math.max(colon, 0)).trim();
    const token = pair.slice(colon + 1).trim();
    // What stands there may be a token: no part of it is repeated.
    if (name === '' || token.length < MIN_TOKEN)
      ctx.addIssue(`item ${index + 1}: expected name:token, the token of at least ${MIN_TOKEN} characters`);
    else if (tokens.has(name)) ctx.addIssue(`item ${index + 1}: the name has a token already`);
    tokens.set(name, token);
  }
  return tokens;
});

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
    WEBHOOK_IN_TOKENS: tokensBySource
      .optional()
      .describe('A token per source, `name:token` by comma or line: each opens the paths of its source only'),
    WEBHOOK_MAX_AGE_HOURS: int(0, 8_760)
      .default(0)
      .describe(
        'Notifications made longer ago are answered and dropped as replays; 0 takes them whatever their age',
      ),
    WEBHOOK_HOST: text()
      .default('127.0.0.1')
      .describe('Address to listen on; put TLS in front before opening it to a network you do not trust'),
    WEBHOOK_PORT: port().default(8088).describe('TCP port; 0 takes a free one'),
  })
  .superRefine((settings, ctx) => {
    const { WEBHOOK_IN_ENABLED: enabled, WEBHOOK_IN_TOKEN: token, WEBHOOK_IN_TOKENS: tokens } = settings;
    const fault = (message: string) => ctx.addIssue({ code: 'custom', path: ['WEBHOOK_IN_TOKEN'], message });
    // Anyone who can reach the port could otherwise tell the product what happened.
    if (enabled === true && token === undefined && (tokens?.size ?? 0) === 0)
      fault('missing: webhooks are on, and without a token anybody could send them');
    if (token !== undefined && token.length < MIN_TOKEN) fault(`expected at least ${MIN_TOKEN} characters`);
  });
export type WebhookConfig = z.infer<typeof WebhookConfig>;
