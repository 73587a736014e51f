import type { Bus } from '@proxmox-mcp/bus';
import { requests, type Fact, type Incident } from '@proxmox-mcp/schemas';
import { ToolError } from '../tools/tool-error.ts';

const DAY_MS = 86_400_000;

/** How far an event came: a happening, and the problem that was concluded from it. */
export interface Trace {
  /** Absent: no happening was made of it. */
  readonly fact?: Fact;
  /** Absent: the happening is no problem, or not one that people are told of. */
  readonly incident?: Incident;
}

/**
 * Follows an event to its fact and its incident. The history finds neither by the event's id, so both are looked for about the same
 * object around the same time.
 *
 * @throws {ToolError} `not_found`: no such event is kept.
 */
export async function traceEvent(bus: Bus, id: string): Promise<Trace> {
  const [event] = (await bus.request(requests.events, { ids: [id], limit: 1, order: 'newest' })).items;
  if (event === undefined) {
    throw new ToolError('not_found', 'no event with this id is kept', { hint: 'events_query shows the ids' });
  }
  const { cluster, node, guest, storage, upid } = event;
  const about = {
    ...(cluster === undefined ? {} : { cluster }),
    ...(guest === undefined ? {} : { vmid: guest.vmid }),
  };
  const at = Date.parse(event.occurredAt);
  const place = { ...(node === undefined ? {} : { node }), ...(storage === undefined ? {} : { storage }) };
  const span = { since: iso(at - DAY_MS), until: iso(at + DAY_MS), limit: 500 };
  const facts = await bus.request(
    requests.facts,
    upid === undefined ? { ...about, ...place, ...span } : { upid, limit: 50 },
  );
  const fact = facts.items.find(({ members }) => members.includes(id));
  if (fact === undefined) return {};
  const incidents = await bus.request(requests.incidents, {
    ...(cluster === undefined ? {} : { cluster }),
    since: span.since,
    limit: 500,
  });
  const incident = incidents.items.find(({ facts: ids }) => ids.includes(fact.id));
  return { fact, ...(incident === undefined ? {} : { incident }) };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
