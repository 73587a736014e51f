import { benchVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** The same load to rsyslog and to our ingestor in one run: lossless rate, CPU per line, and their ratios. */
export const point: AcceptancePoint = {
  accept: () => benchVerdict('tools/bench/src/syslog.ts'),
};
