import { state } from '@proxmox-mcp/state';
import { runServices } from '@proxmox-mcp/service-kit';

process.exitCode = await runServices([state], { env: process.env });
