import { benchVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** Memory, start and CPU of the idle product. What an acknowledgement means on power loss stands in docs/operations.md. */
export const point: AcceptancePoint = {
  accept: () => benchVerdict('tools/bench/src/idle.ts'),
};
