import { benchVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** From the start or end of a task, a webhook or a syslog line to the event stream. */
export const point: AcceptancePoint = {
  accept: () => benchVerdict('tools/bench/src/latency.ts'),
};
