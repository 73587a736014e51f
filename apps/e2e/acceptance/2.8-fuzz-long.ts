import { benchVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** Five million mutated inputs over all parsers: no crash, no hang, no growth of memory. */
export const point: AcceptancePoint = {
  long: true,
  accept: () => benchVerdict('apps/e2e/src/fuzz/main.ts', ['--expose-gc'], ['--inputs', '5000000']),
};
