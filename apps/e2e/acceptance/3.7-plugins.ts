import { jestVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** Every rule and every channel has its folder, its test and its section in the documents. */
export const point: AcceptancePoint = {
  accept: () => jestVerdict('tools/checks/src/plugins'),
};
