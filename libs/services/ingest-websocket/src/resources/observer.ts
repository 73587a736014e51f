import { BusUnavailable } from '@proxmox-mcp/bus';
import type { Observation, ObservedRow } from '@proxmox-mcp/schemas';
import { observationsOf, observe, type ObservedMemory } from './observe.ts';

/** Publishes what polls see, group by group. */
export interface Observer {
  /** `rows` are all rows of the kinds in `covers`. A bus that is away costs this look only: the next one tells all. */
  see(group: string, covers: Observation['covers'], rows: readonly ObservedRow[]): Promise<void>;
}

export interface ObserverOptions {
  readonly about: () => Pick<Observation, 'source' | 'product' | 'cluster'>;
  readonly publish: (observation: Observation) => Promise<void>;
  readonly now: () => number;
}

export function createObserver({ about, publish, now }: ObserverOptions): Observer {
  const memories = new Map<string, ObservedMemory>();
  let cluster: string | undefined;
  return {
    async see(group, covers, rows) {
      const known = about();
      // Rows under another cluster name are other rows: all are to be told again.
      if (cluster !== known.cluster) memories.clear();
      cluster = known.cluster;
      const atMs = now();
      const { next, sighting } = observe(memories.get(group), rows, atMs);
      if (sighting) {
        // Forgotten until it is stored: what could not be published is told in full by the next look.
        memories.delete(group);
        const at = new Date(atMs).toISOString();
        try {
          for (const part of observationsOf(sighting, { ...known, at, covers })) await publish(part);
        } catch (error) {
          if (error instanceof BusUnavailable) return;
          throw error;
        }
      }
      memories.set(group, next);
    },
  };
}
