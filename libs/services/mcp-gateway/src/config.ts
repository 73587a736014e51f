import { int, list, oneOf, port, secret, text } from '@proxmox-mcp/config';
import * as z from 'zod';
import { TIERS, TOOLSETS } from './auth/grants.ts';

/** Settings of the gateway (CONTRACT §5). */
export const GatewayConfig = z.object({
  GATEWAY_PORT: port().default(8080).describe('TCP port of the MCP and REST gateway; 0 takes a free one.'),
  GATEWAY_HOST: text()
    .default('127.0.0.1')
    .describe(
      'Address the gateway listens on. Any other than loopback needs a token before the first start.',
    ),
  GATEWAY_TOKEN: secret()
    .optional()
    .describe('One bearer token for scripts and Compose, beside those of `proxmox-mcp token create`.'),
  GATEWAY_TOKENS_FILE: text()
    .optional()
    .describe('File with the hashed tokens; `tokens.json` in DATA_DIR by default.'),
  GATEWAY_TIER: oneOf(TIERS)
    .optional()
    .describe(
      'What GATEWAY_TOKEN may do, and the most any token may do: read, operate, change or destroy. Unset: GATEWAY_TOKEN may read, other tokens what they were created with.',
    ),
  GATEWAY_TOOLSETS: list()
    .pipe(z.array(z.enum(TOOLSETS)).min(1))
    .optional()
    .describe(`Toolsets to offer, by comma, of: ${TOOLSETS.join(', ')}. Unset: all.`),
  GATEWAY_ALLOWED_HOSTS: list()
    .default([])
    .describe(
      'Further host names by which clients and browsers reach the gateway, by comma, without port. Loopback names and GATEWAY_HOST always work.',
    ),
  GATEWAY_RATE_LIMIT: int(0, 100_000)
    .default(200)
    .describe('Requests per second one token may make on average (bursts of five seconds); 0 sets no limit.'),
});
export type GatewayConfig = z.infer<typeof GatewayConfig>;
