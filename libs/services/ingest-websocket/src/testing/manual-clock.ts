export { createManualClock } from '@proxmox-mcp/ingest-kit/testing';
export type { ManualClock } from '@proxmox-mcp/ingest-kit/testing';
