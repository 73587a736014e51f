import { jestVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** One incident with its cause, one message, both clients woken: in one process and in containers. */
export const point: AcceptancePoint = {
  accept: () => jestVerdict('apps/e2e/src/first-minute'),
};
