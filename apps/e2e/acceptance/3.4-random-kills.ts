import { benchVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** Fifty kills of state and notifier during five thousand notifications to a channel that fails one time in five; the seed is printed. */
export const point: AcceptancePoint = {
  accept: () => benchVerdict('apps/e2e/src/core/main.ts'),
};
