import { defineService } from '@proxmox-mcp/service-kit';
import { GatewayConfig } from './config.ts';
import { Gateway, type GatewayOptions } from './gateway.ts';
import { createProxmoxReader } from './proxmox/client-reader.ts';

/**
 * Defines the gateway.
 *
 * @param options.announce told `Gateway: <url>` once ready, and on a first start `Token: <secret>`: the one time the
 *   secret is seen. Writes to standard output by default; never to the log.
 */
export function mcpGateway(options: Partial<GatewayOptions> = {}) {
  return defineService({
    name: 'mcp-gateway',
    config: GatewayConfig,
    create: (context) =>
      new Gateway(context, {
        announce: (line) => void process.stdout.write(`${line}\n`),
        createReader: (own) => createProxmoxReader(own.hosts, own.log),
        heartbeatMs: 15_000,
        drainMs: 30_000,
        sweepMs: 30_000,
        ...options,
      }),
  });
}

/** The gateway as apps run it. */
export const mcpGatewayService = mcpGateway();
