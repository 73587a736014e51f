import { ingestGotify } from '@proxmox-mcp/ingest-gotify';
import { runServices } from '@proxmox-mcp/service-kit';

process.exitCode = await runServices([ingestGotify], { env: process.env });
