import { jestVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** A node with 200 guests dies and comes back without three of them: one message that counts them, one end, one more at most. */
export const point: AcceptancePoint = {
  accept: () => jestVerdict('apps/e2e/src/outage'),
};
