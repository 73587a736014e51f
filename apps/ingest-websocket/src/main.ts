import { ingestWebsocket } from '@proxmox-mcp/ingest-websocket';
import { runServices } from '@proxmox-mcp/service-kit';

process.exitCode = await runServices([ingestWebsocket], { env: process.env });
