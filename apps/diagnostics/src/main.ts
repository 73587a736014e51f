import { diagnostics } from '@proxmox-mcp/diagnostics';
import { runServices } from '@proxmox-mcp/service-kit';

process.exitCode = await runServices([diagnostics], { env: process.env });
