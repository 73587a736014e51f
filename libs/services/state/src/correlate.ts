import { DatabaseSync } from 'node:sqlite';
import type { Event, Fact } from '@proxmox-mcp/schemas';
import { createIngest } from './engine/ingest-event.ts';
import { createEventStore } from './history/events.ts';
import { createFactStore } from './history/facts.ts';
import { MIGRATIONS } from './history/migrations.ts';
import type { Follower } from './incidents/follower.ts';

/** Facts only: what they mean for people is decided when they are told, not when they are looked at again. */
const NOBODY: Follower = {
  fact: () => undefined,
  merged: () => undefined,
  trouble: () => undefined,
  recovery: () => undefined,
  detail: () => undefined,
  command: () => ({ kind: 'not-found' }),
  diagnosis: () => undefined,
  isDue: () => false,
  tick: () => undefined,
};

/**
 * The facts that events tell of, by the code that makes them when they arrive, in memory and without touching any history.
 *
 * @param events in order of arrival. Some hundred thousand need a few hundred megabytes.
 */
export function correlateEvents(events: Iterable<Event>): Fact[] {
  const db = new DatabaseSync(':memory:');
  try {
    for (const statements of MIGRATIONS) db.exec(statements);
    const facts = createFactStore(db);
    const touched = new Set<string>();
    const ingest = createIngest({
      events: createEventStore(db),
      facts,
      outbox: {
        owe: ({ kind, body }) => void (kind === 'fact' && touched.add((JSON.parse(body) as Fact).id)),
        next: () => [],
        settle: () => undefined,
      },
      follower: NOBODY,
      // Asked only for what is to become of incidents.
      now: () => 0,
      clusterOf: () => undefined,
      isOutdated: () => false,
    });
    let seq = 0;
    db.exec('BEGIN');
    for (const event of events) ingest(event, ++seq);
    db.exec('COMMIT');
    return [...touched].flatMap((id) => facts.get(id) ?? []).filter((fact) => fact.mergedInto === undefined);
  } finally {
    db.close();
  }
}
