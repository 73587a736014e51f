import { ingestWebhook } from '@proxmox-mcp/ingest-webhook';
import { runServices } from '@proxmox-mcp/service-kit';

process.exitCode = await runServices([ingestWebhook], { env: process.env });
