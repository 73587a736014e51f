import { jestVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** Recorded answers give no error and no invented event; 3 nodes and 1,000 guests stay within one request a second and host. */
export const point: AcceptancePoint = {
  accept: () => jestVerdict('apps/e2e/src/websocket'),
};
