import { ingestEmail } from '@proxmox-mcp/ingest-email';
import { runServices } from '@proxmox-mcp/service-kit';

process.exitCode = await runServices([ingestEmail], { env: process.env });
