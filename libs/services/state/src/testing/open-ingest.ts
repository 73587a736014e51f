import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event, Fact, Incident } from '@proxmox-mcp/schemas';
import { createIngest } from '../engine/ingest-event.ts';
import { NO_TOPOLOGY, type Topology } from '../facts/topology.ts';
import { createEventStore, type EventStore } from '../history/events.ts';
import { createFactStore, type FactStore } from '../history/facts.ts';
import { createHeldTroubles } from '../history/held-troubles.ts';
import { createIncidentStore, type IncidentStore } from '../history/incidents.ts';
import { openHistory, type HistoryFile } from '../history/open-history.ts';
import { createOutbox } from '../history/outbox.ts';
import { createPlaceStore } from '../history/places.ts';
import type { Explainer } from '../incidents/explain/explain.ts';
import type { GuestOf } from '../incidents/enrich.ts';
import { RULES, RulesYaml } from '../rules/index.ts';
import type { Rule } from '../rules/rule.ts';
import { createFactReader, type Surroundings } from '../rules/read-fact.ts';
import { createSettings } from '../rules/settings.ts';
import { createFollower, type Follower } from '../incidents/follower.ts';

/** A real history in a temporary folder, with all that follows from an event, and no bus. */
export interface TestIngest {
  readonly history: HistoryFile;
  readonly events: EventStore;
  readonly facts: FactStore;
  readonly incidents: IncidentStore;
  readonly follower: Follower;
  /** Stores events, each in a transaction of its own. */
  feed(...events: readonly Event[]): void;
  /** Stores events, so many in a transaction, as under load. */
  feedTogether(pieces: number, events: readonly Event[]): void;
  /** Does something inside a transaction. */
  run<T>(work: () => T): T;
  /** All incidents, oldest first. */
  allIncidents(): Incident[];
  /** What the bus is owed so far: `incidents.<id>.opened` and the like, oldest first. */
  told(): { readonly subject: string; readonly id: string; readonly body: Incident | Fact }[];
  /** Words of the transitions told: `opened`, `updated`, `resolved`. */
  transitions(): string[];
  close(): void;
}

/** What tests choose otherwise. */
export interface TestIngestOptions {
  /** The clock that `updatedAt` and all waits come from. */
  readonly now?: () => number;
  readonly guestOf?: GuestOf;
  readonly topology?: Topology;
  /** What stands in config/rules.yaml. */
  readonly rules?: unknown;
  /** Instead of all there are. */
  readonly onlyRules?: readonly Rule[];
  /** None: everything is told. */
  readonly explainers?: readonly Explainer[];
  /** What the live picture would know. */
  readonly surroundings?: Surroundings;
}

/** Opens it. */
export function openTestIngest(options: TestIngestOptions = {}): TestIngest {
  const {
    now = () => Date.parse('2026-03-14T03:00:00Z'),
    guestOf = () => undefined,
    topology = NO_TOPOLOGY,
  } = options;
  const folder = mkdtempSync(join(tmpdir(), 'proxmox-mcp-state-'));
  const history = openHistory(folder);
  const events = createEventStore(history.db);
  const facts = createFactStore(history.db);
  const incidents = createIncidentStore(history.db);
  const outbox = createOutbox(history.db);
  const follower = createFollower({
    incidents,
    facts,
    held: createHeldTroubles(history.db),
    outbox,
    now,
    guestOf,
    explainers: options.explainers ?? [],
  });
  const ingest = createIngest({
    events,
    facts,
    places: createPlaceStore(history.db),
    outbox,
    follower,
    now,
    topology: () => topology,
    reader: createFactReader(
      options.onlyRules ?? RULES,
      createSettings(RulesYaml.parse(options.rules ?? {})),
      { ended: (type, node, span) => facts.ended(type, node, span), ...options.surroundings },
    ),
    clusterOf: () => undefined,
    isOutdated: ({ node, at }) =>
      node !== undefined &&
      facts.ended('node.state.online', node, [Date.parse(at), Number.MAX_SAFE_INTEGER]).length > 0,
  });
  let seq = 0;
  const told = () =>
    outbox
      .next(1_000_000)
      .filter((owed) => owed.kind === 'transition' || owed.kind === 'fact')
      .map(({ subject, id, body }) => ({ subject, id, body: JSON.parse(body) as Incident | Fact }));
  return {
    history,
    events,
    facts,
    incidents,
    follower,
    run: (work) => history.transaction(work),
    feed(...list) {
      for (const event of list) this.feedTogether(1, [event]);
    },
    feedTogether(pieces, list) {
      for (let at = 0; at < list.length; at += pieces)
        history.transaction(() => {
          for (const event of list.slice(at, at + pieces)) ingest.store(event, ++seq);
          ingest.renew();
        });
    },
    allIncidents: () =>
      history.db
        .prepare('SELECT body FROM incidents ORDER BY n')
        .all()
        .map(({ body }) => JSON.parse(String(body)) as Incident),
    told,
    transitions: () =>
      told()
        .filter(({ subject }) => subject.startsWith('incidents.'))
        .map(({ subject }) => subject.slice(subject.lastIndexOf('.') + 1)),
    close() {
      history.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
