import { mcpGateway } from '@proxmox-mcp/mcp-gateway';
import { runServices } from '@proxmox-mcp/service-kit';

process.exitCode = await runServices([mcpGateway], { env: process.env });
