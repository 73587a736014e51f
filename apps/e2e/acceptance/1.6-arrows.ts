import { jestVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** The project graph has the allowed arrows and no other; the canary dies of the rule and of nothing else. */
export const point: AcceptancePoint = {
  accept: () => jestVerdict('tools/checks/src/boundaries'),
};
