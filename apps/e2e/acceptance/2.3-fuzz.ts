import { jestVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** A hundred thousand mutated inputs over all parsers. Five million, with the growth of memory: 2.8. */
export const point: AcceptancePoint = {
  accept: () => jestVerdict('apps/e2e/src/fuzz'),
};
