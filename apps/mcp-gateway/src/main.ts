import { mcpGatewayService } from '@proxmox-mcp/mcp-gateway';
import { runServices } from '@proxmox-mcp/service-kit';

process.exitCode = await runServices([mcpGatewayService], { env: process.env });
