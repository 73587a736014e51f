import { jestVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** Groups and links of every scenario, in the order given, in 200 random orders of arrival, and with every input twice. */
export const point: AcceptancePoint = {
  accept: () => jestVerdict('apps/cli/src/commands/correlate'),
};
