import { notifier } from '@proxmox-mcp/notifier';
import { runServices } from '@proxmox-mcp/service-kit';

process.exitCode = await runServices([notifier], { env: process.env });
