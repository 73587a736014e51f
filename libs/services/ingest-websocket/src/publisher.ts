import { BusUnavailable, type Bus } from '@proxmox-mcp/bus';
import type { IngestLine } from '@proxmox-mcp/ingest-kit';
import type { Clock } from '@proxmox-mcp/proxmox-client';
import { subjects, type Observation } from '@proxmox-mcp/schemas';
import type { SeenDraft } from './seen/seen-draft.ts';

const RETRY_MS = 1_000;

/** Publishes drafts of one source; waits for a bus that is away, because nothing may go on before they are stored. */
export function createPublisher(options: {
  readonly line: IngestLine;
  readonly source: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): (drafts: readonly SeenDraft[], atMs: number) => Promise<void> {
  const { line, source, clock, signal } = options;
  return async (drafts, atMs) => {
    for (;;) {
      try {
        // Each with what it was read from. All in one turn, so that they share a round trip and keep their order.
        await Promise.all(
          drafts.map(({ seen: { body = '', ...notes } = {}, ...draft }) => {
            const input = { source, origin: `api ${source}`, raw: body, receivedAt: atMs, ...notes };
            return line.settle(input, { events: [draft] });
          }),
        );
        return;
      } catch (error) {
        if (!(error instanceof BusUnavailable)) throw error;
        await clock.sleep(RETRY_MS, signal);
      }
    }
  };
}

/** Publishes observations; one that cannot be stored is dropped, the next look tells the same. */
export function observationPublisher(bus: Bus): (observation: Observation) => Promise<void> {
  return async (observation) => {
    await bus.publish(subjects.observation(observation.source), observation);
  };
}
