import { ingestDiscord } from '@proxmox-mcp/ingest-discord';
import { runServices } from '@proxmox-mcp/service-kit';

process.exitCode = await runServices([ingestDiscord], { env: process.env });
