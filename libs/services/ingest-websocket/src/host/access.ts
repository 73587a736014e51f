import type { AccessReport } from '@proxmox-mcp/proxmox-client';
import type { Trouble } from './degradation.ts';

/** Beyond this, times of events and of the host's rows cannot be compared. */
const MAX_CLOCK_OFFSET_MS = 60_000;

/** What an access check found wanting: each missing privilege by name with the line that grants it, and a clock that is off. */
export function accessTroubles(report: Pick<AccessReport, 'missing' | 'clockOffsetMs'>): Trouble[] {
  const troubles: Trouble[] = report.missing.map((capability) => ({
    reason: 'privilege',
    detail: `${capability.missing.join(', ')} on ${capability.path} is missing: ${capability.purpose}`.slice(
      0,
      500,
    ),
    fix: capability.command.slice(0, 500),
  }));
  const offset = report.clockOffsetMs;
  if (offset !== undefined && Math.abs(offset) > MAX_CLOCK_OFFSET_MS) {
    const seconds = Math.round(Math.abs(offset) / 1000);
    troubles.push({
      reason: 'clock',
      detail: `the host's clock is ${seconds} s ${offset > 0 ? 'ahead of' : 'behind'} ours`,
      fix: 'set up chrony on the host and here',
    });
  }
  return troubles;
}
