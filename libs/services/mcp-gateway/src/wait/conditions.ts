import {
  filters,
  requests,
  type Event,
  type GuestState,
  type Incident,
  type IncidentStatus,
} from '@proxmox-mcp/schemas';
import type { EventCursor } from '../call/event-cursor.ts';
import { incidentRow } from '../fleet/incident-row.ts';
import { eventRow, taskRow } from '../fleet/rows.ts';
import type { ToolContext } from '../tools/tool.ts';
import { wantsEvent, type EventFilter } from './event-filter.ts';
import type { GatherOptions } from './gather.ts';

/** Something to wait for. */
export interface Condition {
  /** For people, from the arguments' shape only. */
  readonly what: string;
  readonly listen: GatherOptions['listen'];
  /** What a later call can begin after. */
  readonly seen: () => EventCursor;
  /** Whether something between the cursor and now is not kept any more. */
  readonly hasGap: () => boolean;
}

type Sources = Pick<ToolContext, 'bus' | 'mirror'>;

/** Until an event passes the filter; everything after the cursor counts. */
export function untilEvent(filter: EventFilter, from: EventCursor, { bus }: Sources): Condition {
  let seen = from.events;
  let last = from.events;
  let isGap = false;
  return {
    what: 'an event as asked for',
    seen: () => ({ ...from, events: seen }),
    hasGap: () => isGap,
    listen: async (offer, hold) => {
      let isFull = false;
      const consumer = await bus.subscribe<Event>(
        { filters: [filters.allEvents], from: from.events },
        ({ data, seq }) => {
          if (isFull) return;
          isGap ||= seq > last + 1;
          last = seq;
          if (wantsEvent(filter, data) && !offer(eventRow(data, seq))) isFull = true;
          else seen = Math.max(seen, seq);
        },
      );
      hold(consumer);
    },
  };
}

/** Until a guest has a state: now, later, or for a moment since the cursor. */
export function untilGuest(
  { cluster, vmid, state }: { cluster: string; vmid: number; state: string },
  from: EventCursor,
  sources: Sources,
): Condition {
  const { mirror } = sources;
  const events = untilEvent({ types: [`guest.state.${state}`], cluster, vmid }, from, sources);
  const isSo = (row: GuestState) => row.cluster === cluster && row.vmid === vmid && row.status === state;
  const present = { seen_in: 'live picture', guest: `${cluster}/${vmid}`, state };
  return {
    what: `guest ${vmid} is ${state}`,
    seen: events.seen,
    hasGap: events.hasGap,
    listen: async (offer, hold) => {
      const stopWatching = mirror.onChange((change) => {
        if (change.table === 'guests' && change.after !== undefined && isSo(change.after)) offer(present);
      });
      hold({ stop: () => Promise.resolve(stopWatching()) });
      if (mirror.rows('guests').some(isSo)) offer(present);
      await events.listen(offer, hold);
    },
  };
}

/** Until a task has ended. An ended task stays ended, so no cursor is needed to miss nothing. */
export function untilTask(upid: string, from: EventCursor, { bus }: Sources): Condition {
  return {
    what: 'the task has ended',
    seen: () => from,
    hasGap: () => false,
    listen: async (offer, hold) => {
      // Listen first, then ask: a task that ends in between is told by the one or the other.
      hold(
        await bus.subscribe({ filters: [filters.allFacts], from: 'new' }, ({ data }) => {
          if (data.upid === upid && data.endedAt !== undefined) offer(taskRow(data));
        }),
      );
      const { items } = await bus.request(requests.facts, { upid, limit: 1 });
      for (const fact of items) if (fact.endedAt !== undefined) offer(taskRow(fact));
    },
  };
}

/** Until an incident has a status: now, later, or for a moment since the cursor. */
export function untilIncident(
  id: string,
  status: IncidentStatus,
  from: EventCursor,
  { bus, mirror }: Sources,
): Condition {
  let seen = from.incidents;
  let isGap = false;
  return {
    what: `incident ${id} is ${status}`,
    seen: () => ({ ...from, incidents: seen }),
    hasGap: () => isGap,
    listen: async (offer, hold) => {
      const take = (incident: Incident) => {
        if (incident.id === id && incident.status === status) offer(incidentRow(incident));
      };
      hold(
        await bus.subscribe<Incident>(
          { filters: [filters.allIncidents], from: from.incidents ?? 'new' },
          ({ data, seq }) => {
            isGap ||= seen !== undefined && seq > seen + 1;
            seen = Math.max(seen ?? 0, seq);
            take(data);
          },
        ),
      );
      const present = mirror.incident(id);
      if (present !== undefined) take(present);
    },
  };
}
