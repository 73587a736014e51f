import { benchVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** List, filter and timeline of 100,000 incidents on SQLite. */
export const point: AcceptancePoint = {
  accept: () => benchVerdict('tools/bench/src/history.ts'),
};
