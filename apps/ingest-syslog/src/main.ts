import { ingestSyslog } from '@proxmox-mcp/ingest-syslog';
import { runServices } from '@proxmox-mcp/service-kit';

process.exitCode = await runServices([ingestSyslog], { env: process.env });
