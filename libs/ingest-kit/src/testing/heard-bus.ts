import type { Bus } from '@proxmox-mcp/bus';
import { openTestBus } from '@proxmox-mcp/bus/testing';
import { SourceState, filters, stateKeys, type DeadLetter, type Event } from '@proxmox-mcp/schemas';

/** As long as a test has: a loop without an end would outlive it, and keep the runner from ending. */
const WITHIN_MS = 30_000;

/** A real bus, and what a way in puts there. */
export interface HeardBus {
  readonly bus: Bus;
  /** All there are so far, in order. */
  readonly events: readonly Event[];
  readonly letters: readonly DeadLetter[];
  /** How the source of this service says it is doing. */
  state(service: string): Promise<SourceState | undefined>;
  /** Resolves when it is so; things happen by themselves between two looks. @throws {Error} it is not after half a minute. */
  until(isSo: () => boolean | Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

/** Opens a bus and listens to it from its beginning. */
export async function openHeardBus(): Promise<HeardBus> {
  const t = await openTestBus();
  const { bus } = t;
  const events: Event[] = [];
  const letters: DeadLetter[] = [];
  await bus.subscribe({ filters: [filters.allEvents], from: 0 }, ({ data }) => void events.push(data));
  await bus.subscribe({ filters: [filters.allDeadLetters], from: 0 }, ({ data }) => void letters.push(data));
  return {
    bus,
    events,
    letters,
    async state(service) {
      const entry = await (await bus.kv('STATE')).get(stateKeys.source(service));
      return entry && SourceState.parse(JSON.parse(entry.value));
    },
    async until(isSo) {
      const endsAt = performance.now() + WITHIN_MS;
      while (!(await isSo())) {
        if (performance.now() > endsAt) throw new Error(`in vain: ${isSo.toString()}`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
    close: () => t.close(),
  };
}
