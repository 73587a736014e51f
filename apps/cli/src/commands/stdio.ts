import { parseArgs } from 'node:util';
import { readEnvironment } from '@proxmox-mcp/config';
import { serveStdioBridge } from '@proxmox-mcp/mcp-gateway';
import type { Command } from '../command.ts';
import { gatewayAddress, GATEWAY_OPTIONS, GATEWAY_USAGE } from '../gateway-client.ts';

/** MCP on standard input and output, for clients that start a program. */
export const stdio: Command = {
  name: 'stdio',
  usage: GATEWAY_USAGE,
  summary: 'speaks MCP over stdio, bridging to a running gateway',
  async run({ args, env, complain, signal }) {
    const { values } = parseArgs({ args: [...args], options: GATEWAY_OPTIONS });
    const address = gatewayAddress(values, readEnvironment(env));
    await serveStdioBridge({
      ...address,
      stdin: process.stdin,
      stdout: process.stdout,
      onError: complain,
      signal,
    });
    return 0;
  },
};
