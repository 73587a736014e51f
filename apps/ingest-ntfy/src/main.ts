import { ingestNtfy } from '@proxmox-mcp/ingest-ntfy';
import { runServices } from '@proxmox-mcp/service-kit';

process.exitCode = await runServices([ingestNtfy], { env: process.env });
