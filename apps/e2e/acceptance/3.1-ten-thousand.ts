import { jestVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** Ten thousand observations by eight ways, three restarts and a kill -9 in between: one incident, one message. */
export const point: AcceptancePoint = {
  accept: () => jestVerdict('apps/e2e/src/core/ten-thousand'),
};
