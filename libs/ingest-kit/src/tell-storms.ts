import type { Logger } from '@proxmox-mcp/service-kit';
import type { FloodGate } from './flood.ts';
import type { StormReport } from './storm.ts';

/** How often storms are looked at while there are any. */
const LOOK_MS = 1_000;

/** Tells of storms beside the line, as long as there are any. */
export interface StormTeller {
  /** Something was counted. */
  wake(): void;
  /** Ends and tells what there is. Safe twice. */
  stop(): Promise<void>;
}

/** @param publish stores one report on the bus; one that fails is told again a second later. */
export function createStormTeller(options: {
  readonly gate: FloodGate;
  readonly log: Logger;
  readonly now: () => number;
  readonly publish: (report: StormReport) => Promise<void>;
}): StormTeller {
  const { gate, log, now, publish } = options;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  async function tell(): Promise<void> {
    for (const report of gate.due(now())) {
      await publish(report);
      gate.told(report);
      if (report.state !== 'ongoing')
        log.warn(
          { source: report.source, state: report.state, count: report.draft.facts['count'] },
          'a source told more than is stored: a storm sums it up',
        );
    }
  }

  function look(): Promise<void> {
    running ??= tell()
      .catch((err: unknown) => log.debug({ err }, 'storm not told yet, will retry'))
      .finally(() => {
        running = undefined;
        if (gate.isCalm) {
          clearInterval(timer);
          timer = undefined;
        }
      });
    return running;
  }

  return {
    wake() {
      if (timer !== undefined) return;
      timer = setInterval(() => void look(), LOOK_MS);
      timer.unref();
      // What is counted in the same turn belongs into the first report.
      setImmediate(() => void look());
    },
    async stop() {
      await running;
      gate.endAll();
      await look();
      clearInterval(timer);
      timer = undefined;
    },
  };
}
