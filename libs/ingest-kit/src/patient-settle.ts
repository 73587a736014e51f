import { BusUnavailable } from '@proxmox-mcp/bus';
import type { NormalizeResult } from '@proxmox-mcp/schemas';
import type { CounterHandle } from '@proxmox-mcp/service-kit';
import type { Clock } from './clock.ts';
import type { IngestInput, IngestLine, Ingested } from './ingest-line.ts';
import { createLetterLimit } from './letter-limit.ts';

export interface PatientSettleOptions {
  readonly line: IngestLine;
  readonly clock: Clock;
  /** Counts refused inputs that were too many to be kept, by `reason`. */
  readonly unkept: CounterHandle;
}

/**
 * Settles an input of a source that can wait. Resolves when it is stored, and not while the bus is away: the cursor of the source
 * must not pass by what is not stored.
 *
 * @returns what became of it; `undefined` when it was refused and not kept.
 * @throws the signal's reason, when the source is no longer ours.
 */
export type PatientSettle = (
  input: IngestInput,
  result: NormalizeResult,
  signal: AbortSignal,
) => Promise<Ingested | undefined>;

const AGAIN_MS = 1_000;

export function createPatientSettle({ line, clock, unkept }: PatientSettleOptions): PatientSettle {
  const mayKeep = createLetterLimit(() => clock.now());
  return async (input, result, signal) => {
    if ('reject' in result && !mayKeep()) {
      unkept.inc({ reason: result.reason });
      return undefined;
    }
    for (;;) {
      try {
        return await line.settle(input, result);
      } catch (err) {
        if (!(err instanceof BusUnavailable)) throw err;
        await clock.sleep(AGAIN_MS, signal);
      }
    }
  };
}
