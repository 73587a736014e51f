import { createHostIndex } from '@proxmox-mcp/proxmox-events';
import type { Event, Incident, InventorySource } from '@proxmox-mcp/schemas';
import { createIngest } from './engine/ingest-event.ts';
import { topologyOf } from './facts/topology.ts';
import { createEventStore } from './history/events.ts';
import { createFactStore } from './history/facts.ts';
import { createHeldTroubles } from './history/held-troubles.ts';
import { createIncidentStore } from './history/incidents.ts';
import { openMemory } from './history/open-history.ts';
import type { Outbox } from './history/outbox.ts';
import { createPlaceStore } from './history/places.ts';
import { createExplainers } from './incidents/explain/index.ts';
import { createFollower } from './incidents/follower.ts';
import { RULES } from './rules/index.ts';
import { createFactReader } from './rules/read-fact.ts';
import { createSettings, type RulesFile } from './rules/settings.ts';

/** An incident as it is at the end of a rehearsal. */
export interface Rehearsed {
  readonly incident: Incident;
  /** Whether it was ever told, or explained all the time. */
  readonly wasTold: boolean;
}

/** The incidents that events would have made with some rules: from a history in memory, by the clock of the events. */
export interface Rehearsal {
  /** Goes on with events in the order in which they were received. */
  add(events: readonly Event[]): void;
  /** Lets time pass, in milliseconds since the epoch, and answers all incidents, oldest first. */
  end(at: number): Rehearsed[];
  /** Safe twice. */
  close(): void;
}

/** Events of one second share a transaction, as they do where the lab is busy. */
const TOGETHER_MS = 1_000;
/** What waits is looked at this often, */
const TICK_MS = 60_000;
/** and for so long after an event: nothing that an event begins waits for longer by itself. */
const LONGEST_WAIT_MS = 20 * TICK_MS;

/** Nobody is told. */
const NO_OUTBOX: Outbox = { owe: () => undefined, next: () => [], settle: () => undefined };

/**
 * Makes a rehearsal of the rules about facts. Those about the live picture say nothing in it: what polls saw is not kept. Nor does it
 * know maintenance windows and what people did with incidents.
 */
export function createRehearsal(rules: RulesFile, sources: readonly InventorySource[] = []): Rehearsal {
  const history = openMemory();
  const { db } = history;
  const events = createEventStore(db);
  const facts = createFactStore(db);
  const incidents = createIncidentStore(db);
  const places = createPlaceStore(db);
  const topology = topologyOf(createHostIndex(sources));
  const told = new Set<string>();
  let clock = 0;
  let seq = 0;
  const now = () => clock;
  const picture = { *of() {} };
  const follower = createFollower({
    incidents,
    facts,
    held: createHeldTroubles(db),
    outbox: NO_OUTBOX,
    now,
    explainers: createExplainers({
      facts,
      incidents,
      picture,
      guestAt: () => undefined,
      topology: () => topology,
      windowsAt: () => [],
    }),
    onTransition(_, { id, status }) {
      if (status !== 'suppressed' && status !== 'resolved') told.add(id);
    },
  });
  const ingest = createIngest({
    events,
    facts,
    places,
    outbox: NO_OUTBOX,
    follower,
    now,
    topology: () => topology,
    reader: createFactReader(RULES, createSettings(rules), {
      ended: (type, node, span) => facts.ended(type, node, span),
    }),
    // The history completed its events.
    clusterOf: () => undefined,
    isOutdated: ({ node, at }) =>
      node !== undefined &&
      facts.ended('node.state.online', node, [Date.parse(at), Number.MAX_SAFE_INTEGER]).length > 0,
  });
  const bodies = db.prepare('SELECT body FROM incidents ORDER BY n');

  function pass(until: number): void {
    const last = Math.min(until, clock + LONGEST_WAIT_MS);
    for (; clock + TICK_MS <= last; clock += TICK_MS)
      if (follower.isDue()) history.transaction(() => follower.tick());
    // A clock that goes back takes nothing back.
    clock = Math.max(clock, until);
    if (follower.isDue()) history.transaction(() => follower.tick());
  }

  return {
    add(list) {
      for (let from = 0; from < list.length;) {
        const at = Date.parse(list[from]?.receivedAt ?? '');
        let to = from + 1;
        while (to < list.length && Date.parse(list[to]?.receivedAt ?? '') < at + TOGETHER_MS) to++;
        pass(at);
        const group = list.slice(from, to);
        history.transaction(() => {
          // As if it had come in time: what a replay found late is no reason to leave it out.
          for (const { replayedAt: _, ...event } of group) ingest.store(event, ++seq);
          ingest.renew();
        });
        from = to;
      }
    },
    end(at) {
      pass(at);
      return bodies.all().map(({ body }) => {
        const incident = JSON.parse(String(body)) as Incident; // the column holds nothing else
        return { incident, wasTold: told.has(incident.id) };
      });
    },
    close: () => history.close(),
  };
}
