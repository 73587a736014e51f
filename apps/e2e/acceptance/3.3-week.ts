import { jestVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** A week in which nothing is wrong: no message. The same week with twelve faults: twelve incidents, openings and resolutions. */
export const point: AcceptancePoint = {
  accept: () => jestVerdict('apps/e2e/src/week'),
};
