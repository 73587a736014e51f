import { jestVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** What users of the peers complain of first: a test for each row, named after it. */
export const point: AcceptancePoint = {
  accept: () => jestVerdict('apps/e2e/src/complaints'),
};
