import { createHostIndex } from '@proxmox-mcp/proxmox-events';
import type { Event, Fact, InventorySource } from '@proxmox-mcp/schemas';
import { createCorrelation } from './engine/correlate.ts';
import { topologyOf } from './facts/topology.ts';
import { createEventStore } from './history/events.ts';
import { createFactStore } from './history/facts.ts';
import { openMemory } from './history/open-history.ts';
import { createPlaceStore } from './history/places.ts';

/** A fact with every event that tells of it, progress readings too. */
export interface Correlated {
  readonly fact: Fact;
  /** Event ids, ascending. */
  readonly events: readonly string[];
}

/** The correlation of the service over a history in memory. */
export interface Correlator {
  /** Stores events in one transaction. */
  add(...events: readonly Event[]): void;
  /** Facts as they are now, without those that became part of another, by their id. */
  facts(): Correlated[];
  /** Safe twice. */
  close(): void;
}

/** Makes a correlator of events of hosts that this inventory describes. */
export function createCorrelator(sources: readonly InventorySource[] = []): Correlator {
  const history = openMemory();
  const { db } = history;
  const topology = topologyOf(createHostIndex(sources));
  const correlation = createCorrelation({
    events: createEventStore(db),
    facts: createFactStore(db),
    places: createPlaceStore(db),
    topology: () => topology,
    onFact: () => undefined,
  });
  const facts = db.prepare('SELECT body FROM facts WHERE merged = 0 ORDER BY id');
  const members = db.prepare('SELECT id FROM events WHERE fact = ? ORDER BY id');
  let seq = 0;
  return {
    add: (...list) =>
      history.transaction(() => {
        for (const event of list) correlation.store(event, ++seq);
        correlation.renew();
      }),
    facts: () =>
      facts.all().map(({ body }) => {
        const fact = JSON.parse(String(body)) as Fact; // the column holds nothing else
        return { fact, events: members.all(fact.id).map(({ id }) => String(id)) };
      }),
    close: () => history.close(),
  };
}
