import type { AccessReport } from '@proxmox-mcp/proxmox-client';
import { runLoop } from '../pace/loop.ts';
import { accessTroubles } from './access.ts';
import type { HostTools } from './host-tools.ts';

/** The check of what we may do on one host. */
export interface AccessWatch {
  /** One check now. */
  readonly check: () => Promise<void>;
  /** Checks every ten minutes; soon while something is missing, or when something looks as if it were. */
  readonly run: () => Promise<void>;
}

type Report = Pick<AccessReport, 'version' | 'capabilities' | 'missing' | 'clockOffsetMs'>;

const CALM_MS = 10 * 60_000;
/** While a privilege is missing somebody may be at work on it; a check is two requests. */
const TROUBLED_MS = 30_000;
const LOOK_MS = 5_000;

export function createAccessWatch(
  tools: HostTools,
  ask: () => Promise<Report>,
  onReport: (report: Report) => void,
): AccessWatch {
  const { clock, signal, health, rights } = tools;
  let checkedAt = 0;
  let isTroubled = false;
  const check = async () => {
    const report = await ask();
    const troubles = accessTroubles(report);
    checkedAt = clock.now();
    isTroubled = troubles.length > 0;
    rights.learn(report);
    onReport(report);
    health.report('access', troubles);
  };
  const isDue = () => {
    const age = clock.now() - checkedAt;
    // A doubt that comes right after a check is kept for the next one.
    return age >= CALM_MS || (age >= TROUBLED_MS && (isTroubled || tools.takeAccessDoubt()));
  };
  return {
    check,
    run: () =>
      runLoop({ clock, signal, periodMs: LOOK_MS, delayMs: LOOK_MS }, async () =>
        isDue() ? tools.guard('access', check) : undefined,
      ),
  };
}
