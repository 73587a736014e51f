import { benchVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** A day of the lab at 60 times its speed, heard by all ways in at once: facts equal what really happened. Takes half an hour. */
export const point: AcceptancePoint = {
  long: true,
  accept: () => benchVerdict('apps/e2e/src/soak/main.ts', [], ['--speed', '60']),
};
